"""BM25 as an inner product, with the numbers of the local word index.

A chunk's vector holds for each of its terms how far it is saturated, which depends on how
often it stands there and on how long the chunk is; a question's holds for each of its terms
how rare it is. Their product is the score that tantivy gives, to rounding: the same
parameters, and lengths that are rounded as tantivy keeps them, in a byte.

Sources: Robertson and Zaragoza, The Probabilistic Relevance Framework (2009); the lengths
are those of Lucene's SmallFloat, which tantivy took over.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_K1, _B = np.float32(1.2), np.float32(0.75)
_EXACT, _OFFSET = 40, 24
"""Lengths below the first are kept as they are; the others without the second."""


def _kept_lengths() -> NDArray[np.int64]:
    """Return the 256 lengths that a byte can stand for, ascending."""
    # Four bits of a number, of which the first is always set, and by how much they are shifted.
    shifted = (byte - _OFFSET for byte in range(_EXACT, 256))
    rounded = (_OFFSET + ((each & 7 | 8) << (each >> 3) - 1) for each in shifted)
    return np.array([*range(_EXACT), *rounded], dtype=np.int64)


_LENGTHS = _kept_lengths()


@dataclass(frozen=True, slots=True)
class Statistics:
    """What BM25 knows of all chunks: how many there are, and their words together."""

    chunks: int
    words: int

    def chunk_weights(self, words: Sequence[str]) -> dict[str, float]:
        """Return what each term of a chunk of these ``words`` counts for, in [0, 1)."""
        average = np.float32(max(self.words, 1)) / np.float32(max(self.chunks, 1))
        length = _LENGTHS[np.searchsorted(_LENGTHS, len(words), side="right") - 1]
        norm = _K1 * (1 - _B + _B * np.float32(length) / average)
        return {
            term: float(np.float32(count) / (np.float32(count) + norm))
            for term, count in Counter(words).items()
        }

    def question_weights(self, frequencies: Mapping[str, int]) -> dict[str, float]:
        """Return what terms of a question count for, by how many chunks hold each."""
        return {term: self._rarity(held) for term, held in frequencies.items()}

    def _rarity(self, held: int) -> float:
        share = np.float32(self.chunks - held + 0.5) / np.float32(held + 0.5)
        return float(np.log(np.float32(1) + share) * (np.float32(1) + _K1))
