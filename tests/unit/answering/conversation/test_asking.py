"""An answer in a conversation is the answer to the question written out."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.corpus import Corpus, RecordingEmbedder, fill

from briefqa.answering import Models, Options, answer_question, stream_answer
from briefqa.answering.conversation import self_contained
from briefqa.answering.options import Writer
from briefqa.datatypes import Answer, PassagesFound, Turn
from briefqa.errors import LimitError, QuestionError
from briefqa.indexing import Generation

_HISTORY = (Turn("Does Germany make chips in Dresden?", "Germany makes chips in Dresden. [1]"),)
_FOLLOW_UPS = ("and in 2024?", "Why?", "Who buys them?", "How much power does it need?")


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """An index of a few sentences."""
    (tmp_path / "briefs").mkdir()
    found = fill(Corpus(tmp_path / "briefs", tmp_path / "index", RecordingEmbedder(256)))
    found.sync()
    return found


def _answer(corpus: Corpus, index: Generation, question: str, history: Sequence[Turn]) -> Answer:
    options = Options(history=tuple(history))
    return answer_question(question, index, Models(corpus.embedder), options)


@pytest.mark.parametrize("question", _FOLLOW_UPS)
def test_a_follow_up_is_answered_as_if_written_out(corpus: Corpus, question: str) -> None:
    """Nothing but the question depends on the conversation, and the answer says what was asked."""
    written_out = self_contained(question, _HISTORY)
    with corpus.open() as index:
        found = _answer(corpus, index, question, _HISTORY)
        expected = _answer(corpus, index, written_out, ())

    assert (found.question, found.asked) == (question, written_out)
    assert (expected.question, expected.asked) == (written_out, None)
    assert "rewrite" in found.took_ms
    assert "rewrite" not in expected.took_ms
    same = replace(expected, question=question, asked=written_out, took_ms=found.took_ms)
    assert found == same


def test_what_is_asked_is_told_with_the_passages(corpus: Corpus) -> None:
    """Whoever watches an answer come sees first how the question was understood."""
    options = Options(history=_HISTORY)
    with corpus.open() as index:
        first, *_ = stream_answer("and in 2024?", index, Models(corpus.embedder), options)

    assert isinstance(first, PassagesFound)
    assert first.asked == "Does Germany make chips in Dresden in 2024?"


class _Model:
    """Puts a question as it is told to."""

    model_id = "scripted"
    context_tokens = 2_048

    def count_tokens(self, text: str, /) -> int:
        return len(text.split())

    def stream(self, *_: object, max_tokens: int, timeout_s: float) -> Generator[str, None, None]:
        assert max_tokens
        assert timeout_s
        yield "Who buys the chips that Germany makes?"


def test_a_chosen_model_puts_the_question(corpus: Corpus) -> None:
    """It knows more of language than the rules; what it writes is asked if it is faithful."""
    writer = Writer(_Model())
    options = Options(history=_HISTORY)
    with corpus.open() as index:
        answer = answer_question(
            "Who buys them?", index, Models(corpus.embedder, None, writer), options
        )

    assert answer.asked == "Who buys the chips that Germany makes?"


def test_a_history_out_of_bounds_is_told_before_anything_is_embedded(corpus: Corpus) -> None:
    """As every other mistake."""
    with corpus.open() as index:
        before = list(corpus.embedder.seen)
        with pytest.raises(LimitError):
            _answer(corpus, index, "Why?", _HISTORY * 101)
        with pytest.raises(QuestionError):
            _answer(corpus, index, "Why?", [Turn("")])
        assert corpus.embedder.seen == before
