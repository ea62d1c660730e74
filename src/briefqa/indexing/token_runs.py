"""The tokens of every chunk, a bit a dimension: what late interaction compares a question with."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from briefqa.datatypes import ChunkId
from briefqa.protocols import ChunkNumbers, TokenIndex, TokenVectors, Vectors

_Number_co = TypeVar("_Number_co", np.int32, np.uint8, covariant=True)

Codes: TypeAlias = NDArray[np.uint8]
"""Shape (tokens, bytes): the signs of each token's vector."""

_FEWEST_CHUNKS = 100
"""Fewer say little of how rare a token is: in an index of one, what it holds would count least."""

BitProducts: TypeAlias = Callable[[Codes, NDArray[np.int32]], NDArray[np.int32]]
"""What `bit_products` is, and whatever does the same faster."""

MOST_STEPS = 127 << 7
"""Into how many steps the largest number of a token's vector is divided: two times 8 bits."""

# Of the number of a chunk and a place in its text, beside each other.
_PLACE_BITS = 32

_MOST_QUERY_TOKENS = 64
"""Of a longer question, those count that fewest chunks hold: the time grows with their number."""


@dataclass(frozen=True, slots=True, eq=False)
class ChunkTokens:
    """The tokens of one chunk, in order: n of each."""

    ids: NDArray[np.int32]
    starts: NDArray[np.int32]
    codes: Codes

    @classmethod
    def of(cls, tokens: TokenVectors) -> Self:
        """Return what is kept of ``tokens``."""
        return cls(tokens.ids, tokens.starts, codes_of(tokens.rows))


def codes_of(rows: Vectors) -> Codes:
    """Return the signs of ``rows``, shape (n, dim), as shape (n, bytes of dim bits)."""
    return np.packbits(rows > 0, axis=1, bitorder="little")


class Column(Protocol[_Number_co]):
    """One number, or a row of them, for each token of all chunks, one chunk after the other."""

    def of(self, runs: Sequence[tuple[int, int]], /) -> NDArray[_Number_co]:
        """Return what stands from the first to the last token of each run, one after another."""
        ...


@dataclass(frozen=True, slots=True)
class TokenColumns:
    """The tokens of all chunks, as in `ChunkTokens`."""

    ids: Column[np.int32]
    starts: Column[np.int32]
    codes: Column[np.uint8]


class KeptTokens(TokenIndex, Protocol):
    """The tokens of all chunks of a generation, wherever they are kept."""

    def __len__(self) -> int:
        """Return of how many chunks it holds the tokens."""
        ...

    @property
    def frequencies(self) -> NDArray[np.int64]:
        """In how many chunks each token of the vocabulary stands."""
        ...

    def tokens(self, ids: Sequence[ChunkId], /) -> list[ChunkTokens]:
        """Return the tokens of chunks, in the order of ``ids``."""
        ...


class TokenRuns:
    """Compares a question's tokens with those of chunks; safe to use from several threads.

    Late interaction: for each token of the question the most similar token of the
    chunk counts. Of a chunk's tokens only the signs are kept, which with a whole vector
    on the other side still estimate the cosine: of random directions they give
    ``sqrt(2 / pi)`` of it, which is divided out.

    Sources: Khattab and Zaharia, ColBERT (2020), for the sum of the largest
    similarities; Charikar, Similarity Estimation Techniques from Rounding Algorithms
    (2002), for signs in place of directions.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the arrays belong together
        self,
        chunks: ChunkNumbers,
        ends: NDArray[np.int64],
        columns: TokenColumns,
        frequencies: NDArray[np.int64],
        held: int,
        products: BitProducts,
    ) -> None:
        """Compare with some of the chunks of a generation.

        Args:
            chunks: The chunks, by their places.
            ends: Where the tokens of each end among all that follow, from 0.
            columns: The tokens of these chunks.
            frequencies: In how many chunks of the generation each token of the vocabulary stands.
            held: How many chunks the generation holds.
            products: Does what `bit_products` does, if it is faster.
        """
        self._products = products
        self._held, self._frequencies = held, frequencies
        self._ends = ends
        self._starts = np.concatenate((np.zeros(1, dtype=np.int64), ends[:-1]))
        self._columns, self._chunks = columns, chunks

    def __len__(self) -> int:
        """Return how many chunks the generation holds."""
        return self._held

    @property
    def frequencies(self) -> NDArray[np.int64]:
        """In how many chunks each token of the vocabulary stands."""
        return self._frequencies

    def tokens(self, ids: Sequence[ChunkId], /) -> list[ChunkTokens]:
        """Return the tokens of chunks, in the order of ``ids``."""
        if not ids:
            return []
        positions = np.array(self._chunks.positions(ids), dtype=np.int64)
        firsts, lasts = self._starts[positions], self._ends[positions]
        # Chunks that stand in a row are read at once.
        gaps = np.flatnonzero(firsts[1:] != lasts[:-1])
        begins = firsts[np.append(0, gaps + 1)].tolist()
        runs = list(zip(begins, lasts[np.append(gaps, -1)].tolist(), strict=True))
        columns = self._columns
        found, starts = columns.ids.of(runs), columns.starts.of(runs)
        codes = columns.codes.of(runs)
        # By hand: numpy's own way to split took four times as long.
        return [
            ChunkTokens(found[begin:end], starts[begin:end], codes[begin:end])
            for begin, end in pairwise([0, *np.cumsum(lasts - firsts).tolist()])
        ]

    def similarities(
        self, query: TokenVectors, parts: Sequence[tuple[ChunkId, Sequence[int]]], /
    ) -> tuple[NDArray[np.float32], list[tuple[float, ...]]]:
        """Return how similar chunks and their parts are to a question, each in [0, 1].

        The mean over the question's tokens of the largest cosine, each token weighted
        by its inverse document frequency.

        Args:
            query: The question.
            parts: Chunks, and where each of their parts (such as sentences) begins in the
                text that was embedded, ascending; a part ends where the next begins.

        Returns:
            The similarities of the chunks, shape (len(parts),), and for each chunk those of
            its parts.
        """
        if not parts:
            return np.zeros(0, dtype=np.float32), []
        positions = np.array(self._chunks.positions([each for each, _ in parts]), dtype=np.int64)
        firsts, lasts = self._starts[positions], self._ends[positions]
        kept = list(zip(firsts.tolist(), lasts.tolist(), strict=True))
        # From here on the tokens of the chunks are counted in one row, as they are compared.
        bounds = np.cumsum([0, *(lasts - firsts)])
        counts = np.array([len(cuts) for _, cuts in parts], dtype=np.int64)
        begins = self._begins(kept, [cut for _, cuts in parts for cut in cuts], counts)
        # A part ends where the next begins, and the last of a chunk where that ends.
        ends = np.append(begins[1:], bounds[-1:])
        with_parts = np.flatnonzero(counts)
        ends[np.cumsum(counts)[with_parts] - 1] = bounds[1:][with_parts]
        whole, each_part = self._of_runs(
            query, kept, [(bounds[:-1], bounds[1:]), (begins, ends[: len(begins)])]
        )
        similarities = each_part.tolist()
        ranges = pairwise([0, *np.cumsum(counts).tolist()])
        return whole, [tuple(similarities[first:last]) for first, last in ranges]

    def _begins(
        self, chunks: Sequence[tuple[int, int]], cuts: Sequence[int], counts: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return at which token of ``chunks`` each part begins.

        Args:
            chunks: From where to where the tokens of the chunks are kept.
            cuts: Where the parts of the first chunk begin in its text, then those of the next.
            counts: How many parts each chunk has.
        """
        sizes = [last - first for first, last in chunks]
        numbers = np.arange(len(chunks), dtype=np.int64) << _PLACE_BITS
        places = np.repeat(numbers, sizes) + self._columns.starts.of(chunks)
        wanted = np.repeat(numbers, counts) + np.array(cuts, dtype=np.int64)
        return np.searchsorted(places, wanted)

    def _of_runs(
        self,
        query: TokenVectors,
        chunks: Sequence[tuple[int, int]],
        runs: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    ) -> list[NDArray[np.float32]]:
        """Return the similarity of each run of tokens, for each pair of starts and ends.

        Args:
            query: The question.
            chunks: From where to where the tokens of the chunks are kept.
            runs: Starts and ends, counted in the tokens of these chunks one after the other.
        """
        weights = self._weights(query)
        counted = np.sort(np.argsort(-weights, kind="stable")[:_MOST_QUERY_TOKENS])
        weights = weights[counted]
        if not weights.sum() > 0:
            return [np.zeros(len(starts), dtype=np.float32) for starts, _ in runs]
        steps = _Steps.of(query.rows[counted])
        products = self._products(self._columns.codes.of(chunks), steps.rows)
        # Of what lies between two bounds the largest are found once, for all runs that hold it.
        bounds = np.unique(np.concatenate([each for run in runs for each in run]))
        largest = np.maximum.reduceat(products, bounds[bounds < len(products)], axis=0)
        cosines, shares = steps.cosines(largest), weights / weights.sum()
        places = [
            (np.searchsorted(bounds, starts), np.searchsorted(bounds, ends))
            for starts, ends in runs
        ]
        return [_best_of_runs(cosines, starts, ends, shares) for starts, ends in places]

    def _weights(self, query: TokenVectors) -> NDArray[np.float32]:
        ids = query.ids
        held = np.zeros(len(ids), dtype=np.int64)
        is_known = ids < len(self._frequencies)
        held[is_known] = self._frequencies[ids[is_known]]
        chunks = max(self._held, _FEWEST_CHUNKS)
        weights = np.log1p((chunks - held + 0.5) / (held + 0.5)).astype(np.float32)
        return weights if query.emphasis is None else weights * query.emphasis


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """A question's tokens in whole numbers: sums of these come out the same on every machine.

    ``rows``, shape (tokens, dim), count steps of ``sizes``, shape (tokens,).
    """

    rows: NDArray[np.int32]
    sizes: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Vectors) -> Self:
        """Return the nearest to ``rows``, shape (tokens, dim)."""
        largest = np.abs(rows).max(axis=1, initial=0).astype(np.float64)
        sizes = np.where(largest > 0, largest, 1) / MOST_STEPS
        return cls(np.rint(rows / sizes[:, np.newaxis]).astype(np.int32), sizes)

    def cosines(self, products: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return the estimated cosine for each product, in [0, 1]; shapes (n, tokens)."""
        # A bit that is not set stands for -1.
        signed = 2 * products - self.rows.sum(axis=1)
        estimated = signed * (self.sizes * math.sqrt(math.pi / 2 / self.rows.shape[1]))
        cosines: NDArray[np.float32] = np.clip(estimated, 0, 1).astype(np.float32)
        return cosines


def _best_of_runs(
    cosines: NDArray[np.float32],
    starts: NDArray[np.intp],
    ends: NDArray[np.intp],
    shares: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the sum, by ``shares``, of the largest cosines in each run of rows; 0 without."""
    found = np.zeros(len(starts), dtype=np.float32)
    with_tokens = np.flatnonzero(ends > starts)
    if len(with_tokens):
        # What lies between two runs is reduced as well, and passed over.
        bounds = np.stack((starts[with_tokens], ends[with_tokens]), axis=1).reshape(-1)
        if bounds[-1] == len(cosines):
            bounds = bounds[:-1]
        largest = np.maximum.reduceat(cosines, bounds, axis=0)[::2]
        # Not a matrix product, whose sums depend on how many rows there are.
        found[with_tokens] = (largest * shares).sum(axis=1)
    return found


def bit_products(codes: Codes, rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return what each row sums to where the bits of each code are set, shape (codes, rows).

    A byte at a time: the sums that its eight bits can give are worked out once.

    Args:
        codes: Shape (codes, bytes), the first bit the lowest.
        rows: Shape (rows, dim), dim at most eight times the bytes, none beyond `MOST_STEPS`.
    """
    width = codes.shape[1]
    padded = np.zeros((len(rows), width * 8), dtype=np.int32)
    padded[:, : rows.shape[1]] = rows
    tables = np.einsum("sb,rwb->wsr", _BITS, padded.reshape(len(rows), width, 8))
    sums = np.zeros((len(codes), len(rows)), dtype=np.int32)
    for byte in range(width):
        sums += tables[byte].take(codes[:, byte], axis=0)
    return sums


_BITS = np.unpackbits(
    np.arange(256, dtype=np.uint8)[:, np.newaxis], axis=1, bitorder="little"
).astype(np.int32)
"""Shape (256, 8): the bits of each byte."""
