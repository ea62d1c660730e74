"""Puts hits in the order of a model that reads question and passage together."""

from collections.abc import Sequence
from dataclasses import replace

from briefqa.datatypes import Hit
from briefqa.errors import LimitError
from briefqa.protocols import Reranker

DEFAULT_RERANK_TOP = 20
MOST_RERANKED = 100


def check_rerank_top(top: int) -> None:
    """Refuse a number of hits to rerank that cannot be meant.

    Raises:
        LimitError: If ``top`` is not between 1 and 100.
    """
    if not 1 <= top <= MOST_RERANKED:
        raise LimitError("rerank_top", found=top, least=1, most=MOST_RERANKED)  # noqa: EM101


def rerank(
    question: str, hits: Sequence[Hit], reranker: Reranker, *, top: int = DEFAULT_RERANK_TOP
) -> list[Hit]:
    """Return ``hits`` with the first ``top`` of them ordered by ``reranker``, best first.

    Each of these has the reranker's score as its ``score`` and under ``scores["rerank"]``;
    the score it came with is kept as ``scores["fused"]``. Equal scores keep their order.
    The hits after them follow as they were, with the scores they had, which do not compare
    with the reranker's. Ranks count from 1 anew.

    Args:
        question: What is asked.
        hits: Best first.
        reranker: Scores the embedded text of each hit: its title, headings and words.
        top: How many of the first hits are reranked.
    """
    first, rest = hits[:top], hits[top:]
    scores = reranker.score(question, [hit.chunk.embedded_text for hit in first])
    scored = [
        replace(
            hit,
            score=float(score),
            scores={"fused": hit.score, **hit.scores, "rerank": float(score)},
        )
        for hit, score in zip(first, scores, strict=True)
    ]
    ordered = [*sorted(scored, key=lambda hit: -hit.score), *rest]
    return [replace(hit, rank=rank) for rank, hit in enumerate(ordered, 1)]
