"""Which files a folder holds."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from briefqa.errors import MissingFolderError


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read; ``source`` is its path in the folder, with ``/``."""

    path: Path
    source: str


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
        add(Path(error.filename))

    def add(path: Path) -> None:
        found.append(SourceFile(path, _writable(path.relative_to(folder).as_posix())))

    for parent, folders, names in os.walk(folder, followlinks=False, onerror=add_unlisted):
        here = Path(parent)
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and (here / name).resolve() != skipped
        ]
        for name in names:
            path = here / name
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            add(path)
    return sorted(found, key=lambda file: file.source)


def _writable(name: str) -> str:
    """Return ``name`` with bytes that are not UTF-8, which Linux allows in one, spelt out."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex.

    Raises:
        OSError: If the file cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
