"""A reranker changes the order of hits and nothing else about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.small_index import passage

from briefqa.datatypes import ChunkId, Hit
from briefqa.errors import LimitError
from briefqa.retrieval import check_rerank_top, rerank


@dataclass(frozen=True, slots=True)
class FixedScores:
    """Gives each passage the score that is written down for it."""

    scores: Mapping[str, float]

    @property
    def reranker_id(self) -> str:
        """Name and version."""
        return "fixed:@1"

    def score(self, _: str, passages: Sequence[str], /) -> NDArray[np.float32]:
        """Look each passage up."""
        return np.array([self.scores[text] for text in passages], dtype=np.float32)


def _hits(count: int) -> list[Hit]:
    """Make hits of falling score, each with a text of its own."""
    return [
        Hit(
            chunk=passage(f"d{place}.md", 0, f"text {place}", prefix="Title"),
            score=0.9 - place / 1000,
            rank=place + 1,
            scores={"dense": 0.5, "lexical": 2.0},
            duplicates=(ChunkId(f"copy {place}"),),
        )
        for place in range(count)
    ]


# Few values, so that equal scores are common; all of them exact in float32.
_SCORES = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), max_size=30)


@given(scores=_SCORES, top=st.integers(1, 40))
def test_the_first_hits_are_ordered_by_score_and_the_others_left(
    scores: list[float], top: int
) -> None:
    """Every hit comes back once, none has changed but in score and rank, and ties keep their order.

    The oracle is a stable sort of (score, former rank) by numpy.
    """
    hits = _hits(len(scores))
    given_scores = dict(zip((h.chunk.embedded_text for h in hits), scores, strict=True))

    ranked = rerank("?", hits, FixedScores(given_scores), top=top)

    order = np.argsort(-np.array(scores[:top]), kind="stable").tolist()
    assert [h.chunk for h in ranked] == [hits[place].chunk for place in order] + [
        h.chunk for h in hits[top:]
    ]
    assert [h.rank for h in ranked] == list(range(1, len(hits) + 1))
    before = {h.chunk.chunk_id: h for h in hits}
    for hit in ranked[:top]:
        former = before[hit.chunk.chunk_id]
        assert hit.score == hit.scores["rerank"] == given_scores[hit.chunk.embedded_text]
        assert hit.scores == {**former.scores, "fused": former.score, "rerank": hit.score}
        assert replace(hit, score=former.score, rank=former.rank, scores=former.scores) == former
    for hit in ranked[top:]:
        assert hit == replace(before[hit.chunk.chunk_id], rank=hit.rank)


def test_hits_given_are_not_changed() -> None:
    """Records are shared between threads."""
    hits = _hits(3)

    rerank("?", hits, FixedScores({h.chunk.embedded_text: h.rank / 4 for h in hits}))

    assert hits == _hits(3)


@pytest.mark.parametrize("top", [0, -1, 101])
def test_an_impossible_number_is_refused(top: int) -> None:
    """Whoever asks for a thousand has not thought of what it costs."""
    with pytest.raises(LimitError, match="rerank_top"):
        check_rerank_top(top)
