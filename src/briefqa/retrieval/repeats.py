"""Finds passages that say again what a better one says."""

from collections.abc import Hashable, Sequence

_SHINGLE = 4
_SAME = 0.8


def shingles(text: str) -> frozenset[Hashable]:
    """Return the runs of four words in ``text``, case folded; all of it if it is shorter."""
    words = [word.strip(".,;:!?()[]“”\"'’*_-") for word in text.casefold().split()]
    words = [word for word in words if word]
    if len(words) <= _SHINGLE:
        return frozenset([tuple(words)])
    return frozenset(zip(*(words[start:] for start in range(_SHINGLE)), strict=False))


def repeated_in(candidate: frozenset[Hashable], kept: Sequence[frozenset[Hashable]]) -> int | None:
    """Return the index of the first of ``kept`` that holds nearly all of ``candidate``.

    Containment, not resemblance: a passage that adds something is not a repeat.
    Source: Broder, On the resemblance and containment of documents (1997).
    """
    for at, other in enumerate(kept):
        if len(candidate & other) >= _SAME * len(candidate):
            return at
    return None
