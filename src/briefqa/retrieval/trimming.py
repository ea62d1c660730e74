"""Which part of a chunk is shown: the sentences that bear on the question, and all between them."""

from collections.abc import Sequence

from briefqa.datatypes import Chunk, Hit, Span

# Chosen for how much of what answers is shown, and how little else: benchmarks/trimming.py.
NEAR_BEST = 0.45
_WEIGHT_OF_HIT = 2.0


def shown_spans(hits: Sequence[Hit], *, near_best: float = NEAR_BEST) -> list[Span]:
    """Return the part of each chunk that is worth showing, in the order of ``hits``.

    A sentence scores its similarity to the question, token by token, and twice the score of
    its hit. Of each chunk that part is shown which reaches from the first to the last of the
    sentences that come near the best one of the first hit; one sentence is shown at least.
    So much of a passage is left as its rank is worth, and how many passages there are does
    not matter. Without similarities every chunk is shown whole.

    Args:
        hits: The best first.
        near_best: How far below the best a sentence may be.
    """
    shown: list[Span] = []
    for hit in hits:
        scores = [each + _WEIGHT_OF_HIT * hit.score for each in hit.similarities]
        if not scores:
            shown.append(hit.chunk.span)
            continue
        if hit is hits[0]:
            floor = max(scores) - near_best
        near = [at for at, score in enumerate(scores) if score >= floor]
        # Beside the score of a hit, a small difference is lost in rounding.
        near = near or [hit.similarities.index(max(hit.similarities))]
        starts = hit.chunk.sentence_starts
        ends = [*starts[1:], hit.chunk.span.end]
        shown.append(_stripped(hit.chunk, Span(starts[near[0]], ends[near[-1]])))
    return shown


def _stripped(chunk: Chunk, span: Span) -> Span:
    """Return ``span`` without white space at its ends."""
    text = chunk.text[span.start - chunk.span.start : span.end - chunk.span.start]
    start = span.start + len(text) - len(text.lstrip())
    end = span.end - len(text) + len(text.rstrip())
    return Span(start, end) if start < end else span
