"""Which files a folder holds."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, FileIO, RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING

from briefqa.errors import DocumentError, MissingFolderError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Not every system has these flags; what they prevent is checked again once the file is open.
_SAFE_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read, at ``location``; ``source`` is its path in the folder, with ``/``.

    A folder may hold a million: a location as a string takes a third of a path's memory.
    """

    location: str | os.PathLike[str]
    source: str

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(self.location)


@dataclass(frozen=True, slots=True)
class SourceBytes:
    """The content of one file; ``source`` is its path in the folder, with ``/``."""

    source: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the bytes, in hex."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class SourceStream:
    """An open file of records, at its start, and the SHA-256 of its bytes, in hex."""

    source: str
    stream: "BufferedReader[_Hashed]"
    sha256: str


def open_regular(file: SourceFile) -> FileIO:
    """Open ``file`` for reading, unbuffered, and only if it is a regular file.

    A symbolic link is not followed, and a pipe or device neither waited for nor
    read, even if it took the file's place a moment ago.

    Raises:
        DocumentError: If it is something else than a regular file.
        OSError: If it cannot be opened.
    """
    if file.path.is_symlink():
        raise _not_regular(file, "is a symbolic link, which is not followed")
    if file.path.is_dir():
        raise _not_regular(file, "is a folder that cannot be listed")
    descriptor = os.open(file.path, _SAFE_FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_regular(file, "is a pipe, a socket or a device, which is not opened")
    return FileIO(descriptor, "rb")


@contextmanager
def checked_stream(source: str, raw: FileIO) -> Iterator[SourceStream]:
    """Read ``raw`` for its hash, then hand it out to be read again.

    Raises:
        DocumentError: On leaving, if the second reading gave other bytes than
            the first: a receipt must name the bytes that were read.
        OSError: If it cannot be read.
    """
    raw.seek(0)
    digest = hashlib.file_digest(raw, "sha256").hexdigest()
    raw.seek(0)
    hashed = _Hashed(raw)
    with BufferedReader(hashed, 1 << 18) as stream:
        yield SourceStream(source, stream, digest)
        while stream.read(1 << 18):
            pass
        if hashed.sha256.hexdigest() != digest:
            raise DocumentError(
                source,
                reason="unreadable",
                detail="was changed by another program while it was read; index it again",
            )


class _Hashed(RawIOBase):
    """Bytes of another stream, hashed as they pass."""

    def __init__(self, raw: FileIO) -> None:
        self._raw = raw
        self.sha256 = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        count = self._raw.readinto(buffer) or 0
        self.sha256.update(memoryview(buffer)[:count])
        return count


def _not_regular(file: SourceFile, detail: str) -> DocumentError:
    return DocumentError(file.source, reason="unreadable", detail=detail)


def find_files(folder: Path, *, leave_out: Path | None = None) -> list[SourceFile]:
    """List the regular files of ``folder``, sorted by ``source``.

    Hidden files and folders, symbolic links and special files are passed over,
    and so is the folder ``leave_out`` with all it holds. A folder that cannot be
    listed is named like a file, so that reading it reports it.

    Raises:
        MissingFolderError: If ``folder`` is not a folder.
    """
    if not folder.is_dir():
        raise MissingFolderError(folder)
    skipped = leave_out.resolve() if leave_out is not None else None
    found: list[SourceFile] = []

    def add_unlisted(error: OSError) -> None:
        path = Path(error.filename)
        found.append(SourceFile(str(path), _writable(path.relative_to(folder).as_posix())))

    for parent, folders, names in os.walk(folder, followlinks=False, onerror=add_unlisted):
        here = Path(parent)
        # Once a folder: a path for each file would take longer than all the rest.
        prefix = "" if here == folder else f"{here.relative_to(folder).as_posix()}/"
        above = str(here / "x")[:-1]
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and (here / name).resolve() != skipped
        ]
        found.extend(
            SourceFile(above + name, _writable(prefix + name))
            for name in names
            if not name.startswith(".") and _is_regular(above + name)
        )
    return sorted(found, key=lambda file: file.source)


def _is_regular(path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        # Gone since its folder was listed.
        return False


def _writable(name: str) -> str:
    """Return ``name`` with bytes that are not UTF-8, which Linux allows in one, spelt out."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
