"""Compares the files of a generation with the hashes taken when they were written."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from briefqa.errors import IndexDamagedError
from briefqa.indexing.current import GenerationRef
from briefqa.indexing.manifest import FileEntry, Manifest

MANIFEST = "manifest.json"
_MOST_THREADS = 4


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with ``path``, a file relative to the index folder."""

    path: str
    detail: str


def entry_of(path: Path) -> FileEntry:
    """Return the hash and size of the file at ``path``.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return FileEntry(digest, stream.tell())


def entries_of(paths: Sequence[Path]) -> list[FileEntry]:
    """Return what `entry_of` does for each of ``paths``, in order.

    Raises:
        OSError: If one cannot be read.
    """
    with _threads() as pool:
        return list(pool.map(entry_of, paths))


def read_manifest(index: Path, ref: GenerationRef) -> Manifest:
    """Return the manifest that ``ref`` vouches for; nothing is parsed before its hash agrees.

    Raises:
        IndexDamagedError: If it is missing or not the one.
        IndexFormatError: If it has another format.
    """
    path = ref.folder(index) / MANIFEST
    data = read_verified(path, ref.manifest_sha256)
    return Manifest.from_bytes(data, path)


def read_verified(path: Path, sha256: str) -> bytes:
    """Return the bytes of ``path``, which must have this hash.

    Raises:
        IndexDamagedError: If it is missing or has another.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise IndexDamagedError(path, f"cannot be read: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise IndexDamagedError(path, "does not match its checksum")
    return data


def damaged_files(index: Path, ref: GenerationRef, files: Mapping[str, FileEntry]) -> list[Problem]:
    """Return a problem for each of ``files`` that is missing or differs, sorted by name.

    Files that the manifest does not name are nobody's business: lock files
    appear when a word index is opened.
    """
    folder = ref.folder(index)

    def problem(name: str) -> Problem | None:
        detail = _difference(folder / name, files[name])
        path = (folder / name).relative_to(index).as_posix()
        return Problem(path, detail) if detail else None

    largest_first = sorted(files, key=lambda name: -files[name].size)
    with _threads() as pool:
        found = [problem for problem in pool.map(problem, largest_first) if problem]
    return sorted(found, key=lambda problem: problem.path)


def _threads() -> ThreadPoolExecutor:
    # hashlib lets go of the interpreter's lock, so threads do use the cores.
    return ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1))


def _difference(path: Path, expected: FileEntry) -> str | None:
    try:
        size = path.stat().st_size
        if size != expected.size:
            return f"has {size} bytes instead of {expected.size}"
        if entry_of(path).sha256 != expected.sha256:
            return "does not match its checksum"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None
