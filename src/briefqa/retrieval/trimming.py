"""Which part of a chunk is shown: the sentences that bear on the question, and all between them."""

from collections.abc import Sequence

from briefqa.datatypes import Chunk, Hit, Span
from briefqa.protocols import TokenIndex
from briefqa.retrieval.asking import Asked

# Chosen for how much of what answers is shown, and how little else: benchmarks/trimming.py.
NEAR_BEST = 0.45
_WEIGHT_OF_HIT = 2.0


def shown_spans(
    asked: Asked, hits: Sequence[Hit], tokens: TokenIndex | None, *, near_best: float = NEAR_BEST
) -> list[Span]:
    """Return the part of each chunk that is worth showing, in the order of ``hits``.

    A sentence scores its similarity to the question, token by token, and twice the score of
    its hit. Of each chunk that part is shown which reaches from the first to the last of the
    sentences that come near the best one of the first hit; one sentence is shown at least.
    So much of a passage is left as its rank is worth, and how many passages there are does
    not matter. Without tokens every chunk is shown whole.

    Args:
        asked: The question.
        hits: The best first.
        tokens: Those of the index.
        near_best: How far below the best a sentence may be.
    """
    if tokens is None or asked.tokens is None:
        return [hit.chunk.span for hit in hits]
    cuts = [_starts(hit.chunk) for hit in hits]
    parts = [
        (hit.chunk.chunk_id, _embedded(hit.chunk, starts))
        for hit, starts in zip(hits, cuts, strict=True)
    ]
    found = tokens.part_similarities(asked.tokens, parts)
    shown: list[Span] = []
    floor = 0.0
    for hit, starts, similarities in zip(hits, cuts, found, strict=True):
        scores = similarities + _WEIGHT_OF_HIT * hit.score
        if not shown:
            floor = float(scores.max()) - near_best
        near = [at for at, score in enumerate(scores) if score >= floor] or [int(scores.argmax())]
        ends = [*starts[1:], hit.chunk.span.end]
        shown.append(_stripped(hit.chunk, Span(starts[near[0]], ends[near[-1]])))
    return shown


def _starts(chunk: Chunk) -> list[int]:
    """Return where the parts of ``chunk`` begin in its document: at its start, and its sentences.

    What stands between two sentences goes with the first.
    """
    return [chunk.span.start, *(span.start for span in chunk.sentences[1:])]


def _embedded(chunk: Chunk, starts: Sequence[int]) -> list[int]:
    before = len(chunk.embedded_text) - len(chunk.text) - chunk.span.start
    return [before + start for start in starts]


def _stripped(chunk: Chunk, span: Span) -> Span:
    """Return ``span`` without white space at its ends."""
    text = chunk.text[span.start - chunk.span.start : span.end - chunk.span.start]
    start = span.start + len(text) - len(text.lstrip())
    end = span.end - len(text) + len(text.rstrip())
    return Span(start, end) if start < end else span
