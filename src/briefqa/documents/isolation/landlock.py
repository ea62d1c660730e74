"""Landlock, with which a Linux process gives up rights that even its native code cannot regain."""

import ctypes
import os
import sys

# These system calls have one number on every architecture that Python is built for.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE = 1 << 0, 1 << 1
_REMOVE_AND_MAKE = sum(1 << bit for bit in range(4, 13))
_REFER, _TRUNCATE, _DEVICE_CONTROL = 1 << 13, 1 << 14, 1 << 15
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_OTHERS_SOCKETS, _OTHERS_SIGNALS = 1 << 0, 1 << 1


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def forbid_changes(*, allow_programs: bool) -> bool:
    """Give up the right to change any file, and what else Landlock covers, for good.

    Which rights those are depends on the kernel: since 5.13 files and starting
    programs, since 6.7 TCP, since 6.12 signals to other processes. The null
    device may still be written to. The process must have given up gaining
    privileges before.

    Returns:
        Whether the kernel offers Landlock and took the rights.
    """
    if sys.platform != "linux":
        return False
    call = ctypes.CDLL(None, use_errno=True).syscall
    version = call(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)
    if version < 1:
        return False
    rules = _ruleset(version, allow_programs=allow_programs)
    descriptor = call(
        _CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(ctypes.sizeof(rules)), 0
    )
    if descriptor < 0:
        return False
    null = os.open(os.devnull, os.O_WRONLY)
    exception = _PathBeneath(_WRITE_FILE, null)
    call(_ADD_RULE, descriptor, _PATH_BENEATH, ctypes.byref(exception), 0)
    os.close(null)
    is_held: bool = call(_RESTRICT_SELF, descriptor, 0) == 0
    os.close(descriptor)
    return is_held


def _ruleset(version: int, *, allow_programs: bool) -> _Ruleset:
    files = _WRITE_FILE | _REMOVE_AND_MAKE
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, _DEVICE_CONTROL)):
        files |= right if version >= since else 0
    return _Ruleset(
        files if allow_programs else files | _EXECUTE,
        _BIND_TCP | _CONNECT_TCP if version >= 4 else 0,  # noqa: PLR2004 - version of the interface
        _OTHERS_SOCKETS | _OTHERS_SIGNALS if version >= 6 else 0,  # noqa: PLR2004 - the same
    )
