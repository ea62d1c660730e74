"""A question that was asked lately is not embedded again, and nothing else changes by it."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.assembly.remembering import (
    LONGEST_QUESTION,
    MOST_QUESTIONS,
    RememberingEmbedder,
    remembering,
)
from briefqa.backends.hashing import HashEmbedder
from briefqa.protocols import TokenEmbedder, TokenVectors, Vectors


class _Counting(HashEmbedder):
    """Counts how often it is asked."""

    asked = 0

    def embed_query_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        self.asked += 1
        return super().embed_query_tokens(texts)


class _WithoutTokens:
    """An embedder that tells nothing of tokens."""

    def __init__(self) -> None:
        model = HashEmbedder()
        self.model_id, self.dim, self.tokens = model.model_id, model.dim, model.tokens
        self.embed_documents, self.embed_queries = model.embed_documents, model.embed_queries


def _told(embedder: TokenEmbedder, texts: list[str]) -> list[object]:
    vectors, tokens = embedder.embed_query_tokens(texts)
    return [
        vectors.tolist(),
        [(t.ids.tolist(), t.starts.tolist(), t.rows.tolist()) for t in tokens],
    ]


_TEXTS = st.lists(
    st.text(min_size=1, max_size=4) | st.just("x" * (LONGEST_QUESTION + 1)), min_size=1, max_size=3
)


@given(st.lists(_TEXTS, max_size=20))
def test_it_gives_what_the_model_gives(asked: list[list[str]]) -> None:
    """In whatever order questions come, alone or several together, long or short."""
    remembered = RememberingEmbedder(_Counting())

    for texts in asked:
        assert _told(remembered, texts) == _told(_Counting(), texts)


def test_one_that_was_asked_lately_is_not_embedded_again() -> None:
    """Nor is more kept than a bounded number: the oldest is the first to be forgotten."""
    model = _Counting()
    remembered = RememberingEmbedder(model)
    for _ in range(3):
        remembered.embed_query_tokens(["first"])
    assert model.asked == 1

    for number in range(MOST_QUESTIONS):
        remembered.embed_query_tokens([str(number)])
    remembered.embed_query_tokens([str(MOST_QUESTIONS - 1)])
    assert model.asked == 1 + MOST_QUESTIONS

    remembered.embed_query_tokens(["first"])
    assert model.asked == 2 + MOST_QUESTIONS


def test_what_several_questions_share_cannot_be_written_to() -> None:
    """One answer must not change what the next one starts from."""
    vectors, [tokens] = RememberingEmbedder(_Counting()).embed_query_tokens(["first"])

    for shared in (vectors, tokens.ids, tokens.starts, tokens.rows):
        with pytest.raises(ValueError, match="read-only"):
            shared[0] = 0


def test_to_remember_anew_is_to_have_forgotten() -> None:
    """What was asked may hold words of a document that is deleted since."""
    model = _Counting()
    before = remembering(model)
    assert isinstance(before, TokenEmbedder)
    before.embed_query_tokens(["first"])

    after = remembering(before)

    assert isinstance(after, TokenEmbedder)
    after.embed_query_tokens(["first"])
    assert model.asked == 2


def test_a_model_without_tokens_stays_as_it_is() -> None:
    """What is asked of it by its kind is asked of it, not of something around it."""
    plain = _WithoutTokens()

    assert remembering(plain) is plain
    assert isinstance(remembering(HashEmbedder()), TokenEmbedder)
