"""Writes that are on the disk, or are not there at all."""

import errno
import os
from pathlib import Path

_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP}


def write_file(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` and wait until it is on the disk."""
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def replace_file(path: Path, data: bytes) -> None:
    """Put ``data`` in the place of ``path``: a reader sees the old bytes or the new."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        write_file(temporary, data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    fsync_folder(path.parent)


def publish_folder(temporary: Path, final: Path) -> None:
    """Move the folder ``temporary`` to ``final``, which must not exist, whole or not at all."""
    fsync_tree(temporary)
    temporary.rename(final)
    fsync_folder(final.parent)


def fsync_tree(folder: Path) -> None:
    """Wait until every file and folder below ``folder``, and itself, is on the disk."""
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            # Windows syncs only what is open for writing.
            with (Path(parent) / name).open("rb+") as stream:
                os.fsync(stream.fileno())
        fsync_folder(Path(parent))


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
