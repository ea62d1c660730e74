"""The file format of the tokens of every chunk, as `briefqa.indexing.token_runs` compares them.

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

import os
from array import array
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import accumulate, pairwise
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from briefqa.errors import IndexDamagedError
from briefqa.indexing.blocks import CheckedFiles
from briefqa.indexing.token_runs import (
    BitProducts,
    ChunkTokens,
    TokenColumns,
    TokenRuns,
    bit_products,
)
from briefqa.protocols import ChunkNumbers, ReadFiles

_Number = TypeVar("_Number", np.int32, np.uint8)

# More than any vocabulary has, and room for the chunks of a call above it.
_ID_BITS = 32

_BUFFER_BYTES = 1 << 20

_CODES, _IDS, _STARTS = "codes.bin", "ids.bin", "starts.bin"
_ENDS, _FREQUENCIES = READ_WHOLE = "ends.bin", "frequencies.bin"


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
                opened.enter_context((folder / name).open("w+b", buffering=_BUFFER_BYTES))
                for name in (_IDS, _STARTS, _CODES)
            )
            self._files = opened.pop_all()

    def add(self, tokens: ChunkTokens) -> None:
        """Do what `add_all` does for one chunk."""
        self.add_all([tokens])

    def add_all(self, chunks: Sequence[ChunkTokens]) -> None:
        """Add the tokens of the next chunks.

        Raises:
            OSError: If the disk refuses.
        """
        if not chunks:
            return
        ids = np.concatenate([each.ids for each in chunks])
        starts = np.concatenate([each.starts for each in chunks])
        self._ids.write(ids.astype("<i4", copy=False).data)
        self._starts.write(starts.astype("<i4", copy=False).data)
        # One by one: in one piece they would be copied once more, into memory that is new.
        self._codes.writelines(np.ascontiguousarray(each.codes).data for each in chunks)
        counts = [len(each.ids) for each in chunks]
        last = self._ends[-1] if self._ends else 0
        self._ends.extend((last + np.cumsum(counts)).tolist())
        # Once for each chunk that a token stands in, however often it does.
        # Sorted by hand: numpy's own way to find what is unique took eight times as long.
        pairs = np.sort((np.repeat(np.arange(len(chunks)), counts) << _ID_BITS) | ids)
        found = pairs[np.diff(pairs, prepend=-1) > 0] & ((1 << _ID_BITS) - 1)
        held = np.bincount(found, minlength=len(self._frequencies))
        held[: len(self._frequencies)] += self._frequencies
        self._frequencies = held

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


class TokenStore(TokenRuns):
    """The tokens of a generation, in a folder of their own."""

    def __init__(
        self,
        folder: Path,
        dim: int,
        chunks: ChunkNumbers,
        files: ReadFiles | None = None,
        products: BitProducts = bit_products,
    ) -> None:
        """Open ``folder``; ids, places and codes are read through ``files``.

        ``products`` are as `TokenRuns` takes them.

        Raises:
            IndexDamagedError: If they do not belong together.
        """
        width = -(-dim // 8)
        ends = _read(folder / _ENDS, "<i8")
        files = files or CheckedFiles(folder, {})
        ids = _Column[np.int32](folder / _IDS, "<i4", files)
        places = _Column[np.int32](folder / _STARTS, "<i4", files)
        codes = _Column[np.uint8](folder / _CODES, "u1", files, width=width)
        total = int(ends[-1]) if len(ends) else 0
        if {ids.size, places.size} != {4 * total} or codes.size != total * width:
            detail = (
                f"holds {ids.size} bytes of ids, {places.size} of starts and {codes.size} bytes "
                f"of codes for {total} tokens"
            )
            raise IndexDamagedError(folder, detail)
        if len(ends) != len(chunks):
            detail = f"holds the tokens of {len(ends)} chunks instead of {len(chunks)}"
            raise IndexDamagedError(folder, detail)
        if bool(np.any(np.diff(ends, prepend=0) < 0)):
            raise IndexDamagedError(folder / _ENDS, "says of a chunk that it ends before it begins")
        super().__init__(
            chunks,
            ends,
            TokenColumns(ids, places, codes),
            _read(folder / _FREQUENCIES, "<i8"),
            len(chunks),
            products,
        )


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
        if not found.size:
            return found
        each = found.itemsize * max(self._width, 1)
        memory = found.data.cast("B")
        parts = (
            (first * each, memory[start * each : end * each])
            for (first, last), (start, end) in zip(runs, pairwise(bounds), strict=True)
            if last > first
        )
        self._files.read(self._path, parts)
        return found
