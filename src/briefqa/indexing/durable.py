"""Writes that are on the disk, or are not there at all."""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP}


def write_file(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` and wait until it is on the disk."""
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def replace_file(path: Path, data: bytes) -> None:
    """Put ``data`` in the place of ``path``: a reader sees the old bytes or the new.

    Raises:
        OSError: If the disk refuses; the old bytes are then in their place again.
    """
    before = path.read_bytes() if path.exists() else None
    _replace(path, data)
    try:
        fsync_folder(path.parent)
    except OSError:
        # The name may or may not be on the disk: what is said to have failed must not be seen.
        with suppress(OSError):
            if before is None:
                path.unlink()
            else:
                _replace(path, before)
        raise


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        write_file(temporary, data)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def make_folder(folder: Path) -> None:
    """Make ``folder`` and those above it that are missing, and wait until they are on the disk."""
    is_new = not folder.is_dir()
    if is_new:
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
    try:
        # Whoever made it before may have been killed before its name was on the disk.
        fsync_folder(folder.parent)
    except PermissionError:
        # What lies around a folder of long standing may be none of this user's business.
        if is_new:
            raise


def publish_folder(temporary: Path, final: Path) -> None:
    """Move the folder ``temporary`` to ``final``, which must not exist, whole or not at all."""
    fsync_tree(temporary)
    temporary.rename(final)
    fsync_folder(final.parent)


def fsync_tree(folder: Path) -> None:
    """Wait until every file and folder below ``folder``, and itself, is on the disk."""
    for parent, names in _walked(folder):
        for name in names:
            # Windows syncs only what is open for writing.
            with (parent / name).open("rb+") as stream:
                os.fsync(stream.fileno())
        fsync_folder(parent)


def files_below(folder: Path) -> list[Path]:
    """Return every file below ``folder``, sorted.

    Raises:
        OSError: If that cannot be told: a file that is passed over would be lost.
    """
    return sorted(parent / name for parent, names in _walked(folder) for name in names)


def _walked(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield each folder with the names of its files, those further down first."""

    def fail(error: OSError) -> None:
        # Left to itself, a walk passes over a folder that cannot be listed.
        raise error

    for parent, _, names in os.walk(folder, topdown=False, onerror=fail):
        yield Path(parent), names


def fsync_folder(folder: Path) -> None:
    """Wait until the names in ``folder`` are on the disk, where the system can do that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)
