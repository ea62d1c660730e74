"""Checks a large file block by block, each when it is first used."""

import hashlib
import os
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np

from briefqa.errors import IndexDamagedError
from briefqa.indexing.manifest import FileEntry

BLOCKS = ".blocks"
"""What the name of a list of hashes ends with; it begins with the name of its file."""

BLOCK_BYTES = 1 << 16
LARGE_BYTES = 8_000_000
"""Larger files have a list of hashes, and are not read when an index is opened."""

_DIGEST_BYTES = 32
_MOST_THREADS = 4
# Fewer are checked sooner than threads are started: 64 take some 3 ms.
_BLOCKS_A_THREAD = 64


def write_blocks(path: Path) -> Path:
    """Write the hashes of the blocks of ``path`` beside it, and return where.

    Raises:
        OSError: If the disk refuses.
    """
    blocks = path.with_name(path.name + BLOCKS)
    with path.open("rb") as source, blocks.open("wb") as stream:
        while block := source.read(BLOCK_BYTES):
            stream.write(hashlib.sha256(block).digest())
    return blocks


def by_blocks(files: Mapping[str, FileEntry]) -> dict[str, FileEntry]:
    """Return those of ``files`` that have a list of hashes."""
    return {name: entry for name, entry in files.items() if name + BLOCKS in files}


class CheckedFiles:
    """Reads the files of a generation, and uses nothing that is not what was written.

    Files without a list of hashes were checked as a whole before. Any thread may ask.
    """

    def __init__(self, folder: Path, files: Mapping[str, FileEntry]) -> None:
        """Take up the lists, which must have been checked.

        Raises:
            IndexDamagedError: If a file is not there, or has not the size it had.
        """
        self.damage: IndexDamagedError | None = None
        self._opening = threading.Lock()
        self._files: dict[Path, _File] = {}
        for name, entry in by_blocks(files).items():
            path = folder / name
            file = self._files[path] = _File(path)
            file.expect(entry.size)

    def large_below(self, folder: Path) -> list[Path]:
        """Return the files in ``folder`` that have a list of hashes, sorted."""
        return sorted(path for path in self._files if path.parent == folder)

    def size(self, path: Path, /) -> int:
        """Return the size of a file in bytes; it can be read from now on, whatever becomes of it.

        Raises:
            IndexDamagedError: If it is not there, or has another size than it had.
        """
        return self._file(path).size

    def check(self, path: Path, start: int, end: int, /) -> None:
        """Make sure of bytes [start, end); only the first time takes long.

        Raises:
            IndexDamagedError: If they are not what was written.
        """
        try:
            self._file(path).check(start, end)
        except IndexDamagedError as error:
            self.damage = error
            raise

    def read(self, path: Path, parts: Iterable[tuple[int, memoryview]], /) -> None:
        """Fill each memory with what a file holds from a byte on, once that is sure.

        Raises:
            IndexDamagedError: If it is not what was written.
        """
        try:
            file = self._file(path)
            for start, memory in parts:
                file.check(start, start + memory.nbytes)
                file.read(start, memory)
        except IndexDamagedError as error:
            self.damage = error
            raise

    def check_all(self) -> None:
        """Make sure of every block of every file.

        Raises:
            IndexDamagedError: If one is not what was written.
        """
        for path, file in list(self._files.items()):
            self.check(path, 0, file.size)

    def _file(self, path: Path) -> "_File":
        file = self._files.get(path)
        if file is None:
            with self._opening:
                file = self._files.setdefault(path, _File(path))
        return file


class _File:
    """One open file, and which of its blocks have yet to be checked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            # Held open, it can be read when the generation has been removed from the folder.
            # Not mapped: what is read would count as memory of this process.
            self._stream = path.open("rb", buffering=0)
            self.size = path.stat().st_size
        except OSError as error:
            raise IndexDamagedError(path, f"cannot be read: {error.strerror}") from error
        self._lock = threading.Lock()
        self._hashes = b""
        self._is_checked = np.ones(-(-self.size // BLOCK_BYTES), dtype=np.bool_)

    def __del__(self) -> None:
        # When the last question that reads from it is done.
        with suppress(AttributeError):
            self._stream.close()

    def expect(self, size: int) -> None:
        """Check this from now on by the list of hashes beside it."""
        if self.size != size:
            raise IndexDamagedError(self._path, f"has {self.size} bytes instead of {size}")
        hashes = self._path.with_name(self._path.name + BLOCKS)
        try:
            self._hashes = hashes.read_bytes()
        except OSError as error:
            raise IndexDamagedError(hashes, f"cannot be read: {error.strerror}") from error
        self._is_checked[:] = False

    def check(self, start: int, end: int) -> None:
        if not self._hashes or start >= end:
            return
        first, last = start // BLOCK_BYTES, (end - 1) // BLOCK_BYTES
        if first == last and self._is_checked[first]:
            return
        blocks = (first + np.flatnonzero(~self._is_checked[first : last + 1])).tolist()
        parts = [
            blocks[start : start + _BLOCKS_A_THREAD]
            for start in range(0, len(blocks), _BLOCKS_A_THREAD)
        ]
        if len(parts) > 1:
            # hashlib lets go of the interpreter's lock, so threads do use the cores.
            with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
                list(pool.map(self._check, parts))
        elif parts:
            self._check(parts[0])

    def _check(self, blocks: Sequence[int]) -> None:
        for block in blocks:
            at = block * BLOCK_BYTES
            data = memoryview(bytearray(min(BLOCK_BYTES, self.size - at)))
            self.read(at, data)
            expected = self._hashes[block * _DIGEST_BYTES : (block + 1) * _DIGEST_BYTES]
            if hashlib.sha256(data).digest() != expected:
                raise IndexDamagedError(self._path, f"does not match its checksum from byte {at}")
            self._is_checked[block] = True

    def read(self, start: int, memory: memoryview) -> None:
        try:
            if sys.platform == "win32":
                with self._lock:
                    self._stream.seek(start)
                    found = self._stream.readinto(memory)
            else:
                # Without a lock, and in one call: a question reads some hundred parts.
                found = os.preadv(self._stream.fileno(), [memory], start)
        except OSError as error:
            raise IndexDamagedError(self._path, f"cannot be read: {error.strerror}") from error
        if found != memory.nbytes:
            raise IndexDamagedError(self._path, f"ends before byte {start + memory.nbytes}")
