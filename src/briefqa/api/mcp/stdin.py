"""Reads lines from stdin such that an interrupt need not wait for the next one."""

import os
import stat
import sys
from collections.abc import AsyncIterator

import anyio

_MOST_AT_ONCE = 2**16


def can_wait() -> bool:
    """Tell whether stdin can be waited on: on POSIX, and if it is no regular file."""
    return os.name == "posix" and not stat.S_ISREG(os.fstat(sys.stdin.fileno()).st_mode)


async def lines() -> AsyncIterator[str]:
    """Yield each line of stdin with its end, decoded as UTF-8; U+FFFD for what is not.

    A thread that reads cannot be woken, and the process would stay until somebody types.
    """
    descriptor = sys.stdin.fileno()
    pending = bytearray()
    while True:
        await anyio.wait_readable(descriptor)
        read = os.read(descriptor, _MOST_AT_ONCE)
        pending += read
        *whole, rest = pending.split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace") + "\n"
        pending = bytearray(rest)
        if not read:
            break
    if pending:
        yield pending.decode("utf-8", "replace")
