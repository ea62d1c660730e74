"""The tokens of every chunk, a bit a dimension: what late interaction compares a question with.

A folder of four files, chunks in the order in which they were added:

```
codes.bin        the signs of each token's vector, packed eight to a byte, first in the lowest bit
ids.bin          what each token is in the model's vocabulary, int32
ends.bin         where each chunk's tokens end, counted in tokens, int64
frequencies.bin  in how many chunks each token of the vocabulary stands, int64
```

All numbers are little-endian.
"""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from briefqa.datatypes import ChunkId
from briefqa.errors import IndexDamagedError
from briefqa.protocols import TokenVectors, Vectors

Codes: TypeAlias = NDArray[np.uint8]
"""Shape (tokens, bytes): the signs of each token's vector."""

TokenIds: TypeAlias = NDArray[np.int32]

_CODES, _IDS, _ENDS, _FREQUENCIES = "codes.bin", "ids.bin", "ends.bin", "frequencies.bin"
_ID_BYTES = 4
_MOST_QUERY_TOKENS = 64
"""Of a longer question, those count that fewest chunks hold: the time grows with their number."""


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
        self._ends: list[int] = []
        self._frequencies = np.zeros(0, dtype=np.int64)
        self._codes = (folder / _CODES).open("w+b")
        try:
            self._ids = (folder / _IDS).open("w+b")
        except OSError:
            self._codes.close()
            raise

    def add(self, ids: TokenIds, codes: Codes) -> None:
        """Add the tokens of the next chunk.

        Raises:
            OSError: If the disk refuses.
        """
        self._ids.write(ids.astype("<i4").tobytes())
        self._codes.write(codes.tobytes())
        self._ends.append((self._ends[-1] if self._ends else 0) + len(ids))
        unique = np.unique(ids)
        if len(unique) and unique[-1] >= len(self._frequencies):
            more = max(int(unique[-1]) + 1, 2 * len(self._frequencies))
            self._frequencies = np.resize(self._frequencies, more) * (
                np.arange(more) < len(self._frequencies)
            )
        self._frequencies[unique] += 1

    def added(self, position: int) -> tuple[TokenIds, Codes]:
        """Return the tokens of the chunk added at ``position``, from 0.

        Raises:
            OSError: If the disk refuses.
        """
        start, end = self._ends[position - 1] if position else 0, self._ends[position]
        self._ids.flush()
        self._codes.flush()
        count = end - start
        ids = os.pread(self._ids.fileno(), count * _ID_BYTES, start * _ID_BYTES)
        codes = os.pread(self._codes.fileno(), count * self._width, start * self._width)
        return (
            np.frombuffer(ids, dtype="<i4"),
            np.frombuffer(codes, dtype=np.uint8).reshape(count, self._width),
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
            try:
                self._ids.close()
            finally:
                self._codes.close()


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

    def __init__(self, folder: Path, dim: int, chunk_ids: Sequence[ChunkId]) -> None:
        """Open ``folder``, whose files have proved to be those that were written.

        Raises:
            IndexDamagedError: If they do not belong together.
        """
        self._dim = dim
        width = -(-dim // 8)
        self._ends = _read(folder / _ENDS, "<i8")
        self._starts = np.concatenate((np.zeros(1, dtype=np.int64), self._ends[:-1]))
        self._ids: TokenIds = _mapped(folder / _IDS, "<i4")
        codes: NDArray[np.uint8] = _mapped(folder / _CODES, "u1")
        total = int(self._ends[-1]) if len(self._ends) else 0
        if len(self._ids) != total or len(codes) != total * width:
            detail = f"holds {len(codes)} bytes and {len(self._ids)} ids for {total} tokens"
            raise IndexDamagedError(folder, detail)
        if len(self._ends) != len(chunk_ids) or bool(np.any(self._ends < self._starts)):
            detail = f"holds the tokens of {len(self._ends)} chunks instead of {len(chunk_ids)}"
            raise IndexDamagedError(folder, detail)
        self._codes = codes.reshape(total, width)
        self._frequencies = _read(folder / _FREQUENCIES, "<i8")
        self._positions = {chunk_id: position for position, chunk_id in enumerate(chunk_ids)}

    def __len__(self) -> int:
        """Return of how many chunks it holds the tokens."""
        return len(self._ends)

    def tokens(self, chunk_id: ChunkId) -> tuple[TokenIds, Codes]:
        """Return the ids and the codes of a chunk's tokens, in order."""
        position = self._positions[chunk_id]
        part = slice(int(self._starts[position]), int(self._ends[position]))
        return self._ids[part], self._codes[part]

    def similarities(self, query: TokenVectors, ids: Sequence[ChunkId], /) -> NDArray[np.float32]:
        """Return how similar each chunk is to a question, shape (len(ids),), in [0, 1].

        The mean over the question's tokens of the largest cosine, each token weighted
        by its inverse document frequency.
        """
        weights = self._weights(query.ids)
        counted = np.sort(np.argsort(-weights, kind="stable")[:_MOST_QUERY_TOKENS])
        weights = weights[counted]
        found = np.zeros(len(ids), dtype=np.float32)
        positions = np.array([self._positions[each] for each in ids], dtype=np.int64)
        with_tokens = np.flatnonzero(self._ends[positions] > self._starts[positions])
        if not len(with_tokens) or not weights.sum() > 0:
            return found
        parts = [
            self._codes[self._starts[position] : self._ends[position]]
            for position in positions[with_tokens]
        ]
        cosines = self._cosines(query.rows[counted], np.concatenate(parts))
        starts = np.cumsum([0, *(len(part) for part in parts[:-1])])
        largest = np.clip(np.maximum.reduceat(cosines, starts, axis=0), 0, 1)
        found[with_tokens] = largest @ weights / weights.sum()
        return found

    def _weights(self, ids: TokenIds) -> NDArray[np.float32]:
        held = np.zeros(len(ids), dtype=np.int64)
        is_known = ids < len(self._frequencies)
        held[is_known] = self._frequencies[ids[is_known]]
        return np.log1p((len(self) - held + 0.5) / (held + 0.5)).astype(np.float32)

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


def _mapped(path: Path, kind: str) -> Any:  # noqa: ANN401 - the kind is only known at run time
    try:
        if not path.stat().st_size:
            return np.zeros(0, dtype=kind)
        return np.memmap(path, dtype=kind, mode="r")
    except (OSError, ValueError) as error:
        raise IndexDamagedError(path, f"cannot be read: {error}") from error
