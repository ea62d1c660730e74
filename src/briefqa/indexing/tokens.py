"""The tokens of every chunk, a bit a dimension: what late interaction compares a question with.

A folder of five files, chunks in the order in which they were added:

```
codes.bin        the signs of each token's vector, packed eight to a byte, first in the lowest bit
ids.bin          what each token is in the model's vocabulary, int32
starts.bin       where each token begins in the text that was embedded, in code points, int32
ends.bin         where each chunk's tokens end, counted in tokens, int64
frequencies.bin  in how many chunks each token of the vocabulary stands, int64
```

All numbers are little-endian.
"""

import math
import os
from array import array
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Generic, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from briefqa.datatypes import ChunkId
from briefqa.errors import IndexDamagedError
from briefqa.indexing.blocks import CheckedFiles
from briefqa.protocols import ChunkNumbers, ReadFiles, TokenVectors, Vectors

Codes: TypeAlias = NDArray[np.uint8]
"""Shape (tokens, bytes): the signs of each token's vector."""

_Number = TypeVar("_Number", np.int32, np.uint8)

_CODES, _IDS, _STARTS = READ_BY_PARTS = "codes.bin", "ids.bin", "starts.bin"
_ENDS, _FREQUENCIES = "ends.bin", "frequencies.bin"
_FEWEST_CHUNKS = 100
"""Fewer say little of how rare a token is: in an index of one, what it holds would count least."""

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


class TokenStoreWriter:
    """Writes the folder, chunk after chunk.

    Nothing is safe on the disk until the folder is synced.
    """

    def __init__(self, folder: Path, dim: int) -> None:
        folder.mkdir()
        self._folder = folder
        self._width = -(-dim // 8)
        self._ends = array("q")
        self._frequencies = np.zeros(0, dtype=np.int64)
        with ExitStack() as opened:
            self._ids, self._starts, self._codes = (
                opened.enter_context((folder / name).open("w+b"))
                for name in (_IDS, _STARTS, _CODES)
            )
            self._files = opened.pop_all()

    def add(self, tokens: ChunkTokens) -> None:
        """Add the tokens of the next chunk.

        Raises:
            OSError: If the disk refuses.
        """
        self._ids.write(tokens.ids.astype("<i4").tobytes())
        self._starts.write(tokens.starts.astype("<i4").tobytes())
        self._codes.write(tokens.codes.tobytes())
        self._ends.append((self._ends[-1] if self._ends else 0) + len(tokens.ids))
        unique = np.unique(tokens.ids)
        if len(unique) and unique[-1] >= len(self._frequencies):
            grown = np.zeros(max(int(unique[-1]) + 1, 2 * len(self._frequencies)), dtype=np.int64)
            grown[: len(self._frequencies)] = self._frequencies
            self._frequencies = grown
        self._frequencies[unique] += 1

    def added(self, position: int) -> ChunkTokens:
        """Return the tokens of the chunk added at ``position``, from 0.

        Raises:
            OSError: If the disk refuses.
        """
        start, end = self._ends[position - 1] if position else 0, self._ends[position]

        def part(file: BinaryIO, width: int) -> bytes:
            file.seek(start * width)
            data = file.read((end - start) * width)
            file.seek(0, os.SEEK_END)
            return data

        return ChunkTokens(
            np.frombuffer(part(self._ids, 4), dtype="<i4"),
            np.frombuffer(part(self._starts, 4), dtype="<i4"),
            np.frombuffer(part(self._codes, self._width), dtype=np.uint8).reshape(-1, self._width),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                used = np.flatnonzero(self._frequencies)
                frequencies = self._frequencies[: used[-1] + 1 if len(used) else 0]
                (self._folder / _ENDS).write_bytes(np.array(self._ends, dtype="<i8").tobytes())
                (self._folder / _FREQUENCIES).write_bytes(frequencies.astype("<i8").tobytes())
        finally:
            self._files.close()


class TokenStore:
    """Compares a question's tokens with those of chunks; safe to use from several threads.

    Late interaction: for each token of the question the most similar token of the
    chunk counts. Of a chunk's tokens only the signs are kept, which with a vector of
    floats on the other side still estimate the cosine: of random directions they give
    ``sqrt(2 / pi)`` of it, which is divided out.

    Sources: Khattab and Zaharia, ColBERT (2020), for the sum of the largest
    similarities; Charikar, Similarity Estimation Techniques from Rounding Algorithms
    (2002), for signs in place of directions.
    """

    def __init__(
        self, folder: Path, dim: int, chunks: ChunkNumbers, files: ReadFiles | None = None
    ) -> None:
        """Open ``folder``; ids, places and codes are read through ``files``.

        Raises:
            IndexDamagedError: If they do not belong together.
        """
        self._dim = dim
        width = -(-dim // 8)
        self._ends = _read(folder / _ENDS, "<i8")
        self._starts = np.concatenate((np.zeros(1, dtype=np.int64), self._ends[:-1]))
        files = files or CheckedFiles(folder, {})
        self._ids = _Column[np.int32](folder / _IDS, "<i4", files)
        self._places = _Column[np.int32](folder / _STARTS, "<i4", files)
        self._codes = _Column[np.uint8](folder / _CODES, "u1", files, width=width)
        total = int(self._ends[-1]) if len(self._ends) else 0
        if {each.size for each in (self._ids, self._places)} != {4 * total} or (
            self._codes.size != total * width
        ):
            detail = (
                f"holds {self._ids.size} bytes of ids, {self._places.size} of starts and "
                f"{self._codes.size} bytes of codes for {total} tokens"
            )
            raise IndexDamagedError(folder, detail)
        if len(self._ends) != len(chunks):
            detail = f"holds the tokens of {len(self._ends)} chunks instead of {len(chunks)}"
            raise IndexDamagedError(folder, detail)
        if bool(np.any(self._ends < self._starts)):
            raise IndexDamagedError(folder / _ENDS, "says of a chunk that it ends before it begins")
        self._frequencies = _read(folder / _FREQUENCIES, "<i8")
        self._chunks = chunks

    def __len__(self) -> int:
        """Return of how many chunks it holds the tokens."""
        return len(self._ends)

    def tokens(self, chunk_id: ChunkId) -> ChunkTokens:
        """Return the tokens of a chunk."""
        [position] = self._chunks.positions([chunk_id])
        runs = [(int(self._starts[position]), int(self._ends[position]))]
        return ChunkTokens(self._ids.of(runs), self._places.of(runs), self._codes.of(runs))

    def similarities(
        self, query: TokenVectors, parts: Sequence[tuple[ChunkId, Sequence[int]]], /
    ) -> tuple[NDArray[np.float32], list[NDArray[np.float32]]]:
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
        places = self._places.of(kept)
        starts: list[NDArray[np.int64]] = []
        ends: list[NDArray[np.int64]] = []
        for (_, cuts), first, last in zip(parts, bounds[:-1], bounds[1:], strict=True):
            begins = first + np.searchsorted(places[first:last], np.asarray(cuts))
            starts.append(begins)
            ends.append(np.append(begins[1:], last) if len(begins) else begins)
        runs = [(bounds[:-1], bounds[1:]), (np.concatenate(starts), np.concatenate(ends))]
        whole, each_part = self._of_runs(query, kept, runs)
        return whole, np.split(each_part, np.cumsum([len(each) for each in starts[:-1]]))

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
        cosines = np.clip(self._cosines(query.rows[counted], self._codes.of(chunks)), 0, 1)
        shares = weights / weights.sum()
        return [_best_of_runs(cosines, starts, ends, shares) for starts, ends in runs]

    def _weights(self, query: TokenVectors) -> NDArray[np.float32]:
        ids = query.ids
        held = np.zeros(len(ids), dtype=np.int64)
        is_known = ids < len(self._frequencies)
        held[is_known] = self._frequencies[ids[is_known]]
        chunks = max(len(self), _FEWEST_CHUNKS)
        weights = np.log1p((chunks - held + 0.5) / (held + 0.5)).astype(np.float32)
        return weights if query.emphasis is None else weights * query.emphasis

    def _cosines(self, rows: Vectors, codes: Codes) -> NDArray[np.float32]:
        """Return the estimated cosine of each code with each row, shape (codes, rows)."""
        # Looked up a byte at a time: the sums that a byte's eight signs can give with eight
        # dimensions of a row are worked out once. 29,000 tokens against 12: 5 ms, where
        # unpacking the bits for a matrix product took 11.
        width = codes.shape[1]
        padded = np.zeros((len(rows), width * 8), dtype=np.float32)
        padded[:, : self._dim] = rows * math.sqrt(math.pi / 2 / self._dim)
        tables = np.einsum("sb,rwb->wsr", _SIGNS, padded.reshape(len(rows), width, 8))
        sums = np.zeros((len(codes), len(rows)), dtype=np.float32)
        for byte in range(width):
            sums += tables[byte].take(codes[:, byte], axis=0)
        return sums


def _best_of_runs(
    cosines: NDArray[np.float32],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    shares: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the sum, by ``shares``, of the largest cosines in each run of tokens; 0 without."""
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


_SIGNS = (
    np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little").astype(
        np.float32
    )
    * 2
    - 1
)
"""Shape (256, 8): the signs that each byte stands for."""


def _read(path: Path, kind: str) -> NDArray[np.int64]:
    try:
        return np.frombuffer(path.read_bytes(), dtype=kind)
    except (OSError, ValueError) as error:
        raise IndexDamagedError(path, f"cannot be read: {error}") from error


class _Column(Generic[_Number]):
    """One number, or a row of them, for each token: a file of which parts are read."""

    def __init__(self, path: Path, kind: str, files: ReadFiles, *, width: int = 0) -> None:
        self.size = files.size(path)
        self._path = path
        self._kind = np.dtype(kind)
        self._files = files
        self._width = width

    def of(self, runs: Sequence[tuple[int, int]]) -> NDArray[_Number]:
        """Return what stands from the first to the last token of each run, one after another."""
        bounds = [0, *accumulate(last - first for first, last in runs)]
        shape = (bounds[-1], self._width) if self._width else bounds[-1]
        found = np.empty(shape, dtype=self._kind)
        each = found.itemsize * max(self._width, 1)
        parts = (
            (first * each, found[start:end].data)
            for (first, last), (start, end) in zip(runs, pairwise(bounds), strict=True)
            if last > first
        )
        self._files.read(self._path, parts)
        return found
