"""Keeps what was embedded until the generation it is for is published: a stopped run goes on there.

One file, to which records are only ever added:

```
header   what it is, and the SHA-256 of the model's id, its width and whether tokens are kept
record   checksum of the rest (BLAKE2b, 16 bytes); embedding key, 32 bytes; how many tokens it
         has, int32, -1 if none are kept; the vector, float32; its tokens' ids and starts,
         int32 each, and codes, as in the generation's own files
```

All numbers are little-endian. It is never waited for: a record that a power cut has torn does
not match its checksum, and what follows it is not used either.
"""

import hashlib
import shutil
import struct
from array import array
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from briefqa.indexing.token_runs import ChunkTokens

JOURNAL = "embedded.journal"
"""Its name in the index folder."""

_MAGIC = b"briefqa embedding journal 1\n"
_CHECKSUM_BYTES = 16
_HEAD = struct.Struct("<32si")
_NO_TOKENS = -1
_MOST_TOKENS = 1 << 20

# Sorted arrays: a run that was stopped late has millions of records.
_KEY = np.dtype("S32")
_NO_KEYS = np.zeros(0, dtype=_KEY)
_NO_BOUNDS = np.zeros((0, 2), dtype=np.int64)

_TIMES_FREE = 3
"""How many times the size it may come to must be free: a full disk must not be its doing."""


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """What a model gave for a text; ``row`` has shape (dim,), ``tokens`` are there if kept."""

    key: bytes
    row: NDArray[np.float32]
    tokens: ChunkTokens | None


class EmbeddingJournal:
    """Texts that are embedded already, by embedding key, for one model.

    Whatever is wrong with it is never an error: it is then empty, and stays so.
    Use it as a context manager. ``dim`` is the width of its vectors.
    """

    def __init__(self, path: Path, *, model_id: str, dim: int, with_tokens: bool) -> None:
        """Open the journal at ``path`` if there is one of this model; nothing is written yet."""
        made_with = f"{model_id}\0{dim}\0{with_tokens}".encode()
        self._path = path
        self.dim = dim
        self._header = _MAGIC + hashlib.sha256(made_with).digest()
        self._keys, self._bounds = _NO_KEYS, _NO_BOUNDS
        self._file: BinaryIO | None = None
        self._end = 0
        self._is_given_up = False
        try:
            self._open()
        except FileNotFoundError:
            pass
        except OSError:
            self._give_up()

    def read(self, key: bytes) -> Embedded | None:
        """Return what was embedded for ``key`` before this run; None if nothing, or if torn."""
        if self._file is None or not len(self._keys):
            return None
        place = int(np.searchsorted(self._keys, np.frombuffer(key, dtype=_KEY))[0])
        if place == len(self._keys) or self._keys[place : place + 1].tobytes() != key:
            return None
        start, end = self._bounds[place].tolist()
        try:
            self._file.seek(start)
            return self._record(self._file.read(end - start))
        except OSError:
            self._give_up()
            return None

    def add(self, made: Sequence[Embedded], *, still: int) -> None:
        """Keep what was ``made`` just now; ``still`` texts are yet to come."""
        if self._is_given_up or not made:
            return
        data = b"".join(map(self._packed, made))
        try:
            free = shutil.disk_usage(self._path.parent).free
            if free < _TIMES_FREE * (len(data) + len(data) // len(made) * still):
                self._give_up()
                return
            if self._file is None:
                self._file = self._path.open("w+b", buffering=0)
                self._end = 0
                data = self._header + data
            self._file.seek(self._end)
            written = self._file.write(data)
        except OSError:
            written = 0
        self._end += written
        if written < len(data):
            self._give_up()

    def close(self) -> None:
        """Let go of the file, which stays."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _open(self) -> None:
        """Find every record, up to the first that is not whole; the rest is cut off."""
        self._file = file = self._path.open("r+b", buffering=0)
        if file.read(len(self._header)) != self._header:
            # Another model's, or no journal at all: the first record to come replaces it.
            self.close()
            return
        self._end = len(self._header)
        keys, bounds = bytearray(), array("q")
        while (data := self._next(file)) and (found := self._record(data)):
            keys += found.key
            bounds.extend((self._end, self._end + len(data)))
            self._end += len(data)
        file.truncate(self._end)
        found_keys = np.frombuffer(keys, dtype=_KEY)
        order = np.argsort(found_keys, kind="stable")
        self._keys = found_keys[order]
        self._bounds = np.frombuffer(bounds, dtype=np.int64).reshape(-1, 2)[order]

    def _next(self, file: BinaryIO) -> bytes:
        """Read one record, of which nothing is certain; empty at the end."""
        head = file.read(_CHECKSUM_BYTES + _HEAD.size)
        if len(head) < _CHECKSUM_BYTES + _HEAD.size:
            return b""
        _, tokens = _HEAD.unpack_from(head, _CHECKSUM_BYTES)
        if not _NO_TOKENS <= tokens <= _MOST_TOKENS:
            return b""
        return head + file.read(4 * self.dim + max(tokens, 0) * self._bytes_a_token)

    @property
    def _bytes_a_token(self) -> int:
        return 4 + 4 + -(-self.dim // 8)

    def _packed(self, made: Embedded) -> bytes:
        tokens = made.tokens
        data = _HEAD.pack(made.key, _NO_TOKENS if tokens is None else len(tokens.ids))
        data += made.row.astype("<f4").tobytes()
        if tokens is not None:
            data += tokens.ids.astype("<i4").tobytes() + tokens.starts.astype("<i4").tobytes()
            data += tokens.codes.tobytes()
        return _checksum(data) + data

    def _record(self, data: bytes) -> Embedded | None:
        checksum, rest = data[:_CHECKSUM_BYTES], data[_CHECKSUM_BYTES:]
        if _checksum(rest) != checksum:
            return None
        key, count = _HEAD.unpack_from(rest)
        at = _HEAD.size
        row = np.frombuffer(rest, dtype="<f4", count=self.dim, offset=at)
        if count == _NO_TOKENS:
            return Embedded(key, row, None)
        at += 4 * self.dim
        ids = np.frombuffer(rest, dtype="<i4", count=count, offset=at)
        starts = np.frombuffer(rest, dtype="<i4", count=count, offset=at + 4 * count)
        codes = np.frombuffer(rest, dtype=np.uint8, offset=at + 8 * count)
        return Embedded(key, row, ChunkTokens(ids, starts, codes.reshape(count, -(-self.dim // 8))))

    def _give_up(self) -> None:
        """Do without it for the rest of the run, and leave its room to the index."""
        self._is_given_up = True
        self._keys, self._bounds = _NO_KEYS, _NO_BOUNDS
        self.close()
        _remove(self._path)


def remove_journal(index: Path) -> None:
    """Remove what was kept for a generation that is published now, or cannot be."""
    _remove(index / JOURNAL)


def _remove(path: Path) -> None:
    # One that cannot be removed costs room, and goes with the next run.
    with suppress(OSError):
        path.unlink()


def _checksum(data: bytes) -> bytes:
    return blake2b(data, digest_size=_CHECKSUM_BYTES).digest()
