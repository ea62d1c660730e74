"""Checks a large file block by block, each when it is first used."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from briefqa.errors import IndexDamagedError
from briefqa.indexing.manifest import FileEntry

BLOCKS = ".blocks"
"""What the name of a list of hashes ends with; it begins with the name of its file."""

BLOCK_BYTES = 1 << 16
LARGE_BYTES = 256_000_000
"""Larger files of vectors are not read when an index is opened."""

_DIGEST_BYTES = 32


def write_blocks(path: Path) -> None:
    """Write the hashes of the blocks of ``path`` beside it.

    Raises:
        OSError: If the disk refuses.
    """
    with path.open("rb") as source, path.with_name(path.name + BLOCKS).open("wb") as stream:
        while block := source.read(BLOCK_BYTES):
            stream.write(hashlib.sha256(block).digest())


def by_blocks(files: Mapping[str, FileEntry]) -> dict[str, FileEntry]:
    """Return those of ``files`` that have a list of hashes."""
    return {name: entry for name, entry in files.items() if name + BLOCKS in files}


class CheckedBlocks:
    """Says of parts of the files of a generation whether they are what was written.

    Files without a list of hashes were checked as a whole before. Any thread may ask.
    """

    def __init__(self, folder: Path, files: Mapping[str, FileEntry]) -> None:
        """Take up the lists, which must have been checked.

        Raises:
            IndexDamagedError: If a file is not there, or has not the size it had.
        """
        self._files = {
            folder / name: _BlockFile(folder / name, entry.size)
            for name, entry in by_blocks(files).items()
        }

    def check(self, path: Path, start: int, end: int, /) -> None:
        """Make sure of bytes [start, end) of ``path``; only the first time takes long.

        Raises:
            IndexDamagedError: If they are not what was written.
        """
        file = self._files.get(path)
        if file is not None:
            file.check(start, end)

    def check_all(self) -> None:
        """Make sure of every block of every file.

        Raises:
            IndexDamagedError: If one is not what was written.
        """
        for file in self._files.values():
            file.check(0, file.size)


class _BlockFile:
    """One file, and which of its blocks have been checked."""

    def __init__(self, path: Path, size: int) -> None:
        self.size = size
        self._path = path
        try:
            found = path.stat().st_size
            self._hashes = path.with_name(path.name + BLOCKS).read_bytes()
        except OSError as error:
            raise IndexDamagedError(path, f"cannot be read: {error.strerror}") from error
        if found != size:
            raise IndexDamagedError(path, f"has {found} bytes instead of {size}")
        # Mapped, it can be read when the generation has been removed from the folder.
        self._bytes = np.memmap(path, dtype=np.uint8, mode="r") if size else np.empty(0, np.uint8)
        self._is_checked = np.zeros(-(-size // BLOCK_BYTES), dtype=np.bool_)

    def check(self, start: int, end: int) -> None:
        if start >= end:
            return
        first, last = start // BLOCK_BYTES, (end - 1) // BLOCK_BYTES
        for block in first + np.flatnonzero(~self._is_checked[first : last + 1]):
            at = int(block) * BLOCK_BYTES
            digest = hashlib.sha256(self._bytes[at : at + BLOCK_BYTES].data).digest()
            if digest != self._hashes[block * _DIGEST_BYTES : (block + 1) * _DIGEST_BYTES]:
                raise IndexDamagedError(self._path, f"does not match its checksum from byte {at}")
            self._is_checked[block] = True
