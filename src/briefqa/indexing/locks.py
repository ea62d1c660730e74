"""One writer at a time, and a word on who that is."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from briefqa.errors import IndexLockedError
from briefqa.indexing.durable import make_folder

_LOCK = ".lock"
_HOLDER = ".lock.json"


@contextmanager
def writer_lock(index: Path) -> Iterator[None]:
    """Hold the only right to write to ``index``, which is created if need be.

    The system drops the lock of a process that ends, however it ends.

    Raises:
        IndexLockedError: If another process, or thread, holds it.
        OSError: If the folder cannot be written.
    """
    make_folder(index)
    lock = FileLock(index / _LOCK, blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise IndexLockedError(index, holder=_holder(index)) from error
    try:
        _announce(index)
        yield
    finally:
        with suppress(OSError):
            (index / _HOLDER).unlink()
        lock.release()


def _announce(index: Path) -> None:
    # The program and its command only: further arguments may hold secrets.
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
    record = {"pid": os.getpid(), "host": socket.gethostname(), "command": command}
    temporary = index / f"{_HOLDER}.tmp"
    try:
        temporary.write_text(json.dumps(record), encoding="utf-8")
        temporary.replace(index / _HOLDER)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _holder(index: Path) -> str:
    try:
        record = json.loads((index / _HOLDER).read_bytes())
        return f"process {record['pid']} on {record['host']} ({record['command']})"
    except (OSError, ValueError, TypeError, KeyError):
        # It has the lock but has not said so yet.
        return "another process"
