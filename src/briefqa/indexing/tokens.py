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
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from briefqa.datatypes import ChunkId
from briefqa.errors import IndexDamagedError
from briefqa.indexing.token_runs import ChunkTokens, TokenRuns

_CODES, _IDS, _STARTS = "codes.bin", "ids.bin", "starts.bin"
_ENDS, _FREQUENCIES = "ends.bin", "frequencies.bin"


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


class TokenStore(TokenRuns):
    """The tokens of a generation, in a folder of their own."""

    def __init__(self, folder: Path, dim: int, chunk_ids: Sequence[ChunkId]) -> None:
        """Open ``folder``, whose files have proved to be those that were written.

        Raises:
            IndexDamagedError: If they do not belong together.
        """
        width = -(-dim // 8)
        ends = _read(folder / _ENDS, "<i8")
        ids: NDArray[np.int32] = _mapped(folder / _IDS, "<i4")
        places: NDArray[np.int32] = _mapped(folder / _STARTS, "<i4")
        codes: NDArray[np.uint8] = _mapped(folder / _CODES, "u1")
        total = int(ends[-1]) if len(ends) else 0
        if {len(ids), len(places)} != {total} or len(codes) != total * width:
            detail = (
                f"holds {len(ids)} ids, {len(places)} starts and {len(codes)} bytes "
                f"of codes for {total} tokens"
            )
            raise IndexDamagedError(folder, detail)
        if len(ends) != len(chunk_ids):
            detail = f"holds the tokens of {len(ends)} chunks instead of {len(chunk_ids)}"
            raise IndexDamagedError(folder, detail)
        if bool(np.any(np.diff(ends, prepend=0) < 0)):
            raise IndexDamagedError(folder / _ENDS, "says of a chunk that it ends before it begins")
        runs = ChunkTokens(ids, places, codes.reshape(total, width))
        super().__init__(
            chunk_ids, ends, runs, dim, _read(folder / _FREQUENCIES, "<i8"), len(chunk_ids)
        )


def _read(path: Path, kind: str) -> NDArray[np.int64]:
    try:
        return np.frombuffer(path.read_bytes(), dtype=kind)
    except (OSError, ValueError) as error:
        raise IndexDamagedError(path, f"cannot be read: {error}") from error


def _mapped(path: Path, kind: str) -> Any:  # noqa: ANN401 - the kind is only known at run time
    try:
        if not path.stat().st_size:
            return np.zeros(0, dtype=kind)
        # As a plain array, of which a slice costs a tenth.
        return np.asarray(np.memmap(path, dtype=kind, mode="r"))
    except (OSError, ValueError) as error:
        raise IndexDamagedError(path, f"cannot be read: {error}") from error
