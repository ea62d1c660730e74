"""What the machine gives to this process."""

import ctypes
import gc
import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

CORES: Final = "PYTHON_CPU_COUNT"

_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 128 * 1024
_HASHED_AT_ONCE = 32 * 1024 * 1024
_SHORT_TURN_S = 0.001
_FEWEST_NEW = 1_000_000
"""How many objects must be new before garbage is looked for, where that is to be rare."""


def available_cores() -> int:
    """Return how many cores this process may use, at least 1.

    The environment variable ``PYTHON_CPU_COUNT`` says it, as it does to Python 3.13 and later.
    """
    said = os.environ.get(CORES, "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def give_back_large_blocks() -> None:
    """Have memory of 128 KB and more given back to the system as soon as it is free.

    glibc begins so, but keeps ever larger blocks once some were free: where vectors of all sizes
    come and go in several threads, the holes between them grow to tens of megabytes. It costs
    some time for each block. Other systems are left as they are.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file, in hex.

    A large one is read in few parts: after each, a thread waits for those that are busy in Python.
    In smaller parts the weights take less of a processor, but a question waits longer for them.

    Raises:
        OSError: If it cannot be read.
    """
    found = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a path is made for nothing else
        size = min(_HASHED_AT_ONCE, os.fstat(file.fileno()).st_size + 1)
        part = memoryview(bytearray(size))
        while count := file.readinto(part):
            found.update(part[:count])
    return found.hexdigest()


@contextmanager
def rare_collections(*, all_stays: bool = True) -> Iterator[None]:
    """Let garbage be looked for rarely while the block runs: imports make only what stays.

    Args:
        all_stays: Nor is it looked for later among what is there when the block ends. What of
            that is let go of in time, such as an index that another takes the place of, must be
            held by nothing of its own: it then goes without being looked for. False where a
            caller of ours has made some of it, who knows nothing of that.
    """
    before = gc.get_threshold()
    gc.set_threshold(_FEWEST_NEW)
    try:
        yield
    finally:
        if all_stays:
            # Else the next look, which is at once, would be at all that was made.
            gc.freeze()
        gc.set_threshold(*before)


@contextmanager
def short_turns() -> Iterator[None]:
    """Let threads take turns often while the block runs.

    A thread that hashes or runs a model lets go of the interpreter, and must have it back for a
    moment after each part; one that is busy in Python makes it wait for a whole turn.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SHORT_TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
