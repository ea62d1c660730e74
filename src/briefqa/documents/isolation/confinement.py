"""What keeps a process that parses hostile files from doing harm.

Several fences stand one behind the other, since none of them is whole:

- Limits of the kernel (`limit_memory`, `limit_cpu`, `forbid_writing`) bind all
  code, native code too: memory, CPU time, bytes written to files, open files.
- An audit hook (`refuse_side_effects`) stops Python code from opening sockets,
  starting programs, and writing, renaming or removing files. Native code that a
  broken file has taken over does not pass through it.
- On Linux that native code is held by Landlock (no file may be written, renamed,
  removed or run; no signal sent to other processes) and by a network namespace
  of its own, empty but for itself. Both need a kernel and a system that allow
  them; where they are missing, nothing takes their place.
- None of this hides what may be read: code that has been taken over can read
  every file that its user can. It cannot send it anywhere but to the parent,
  which takes documents and nothing else.
"""

import contextlib
import ctypes
import os
import sys
from pathlib import Path

from briefqa.documents.isolation.landlock import forbid_changes

if sys.platform != "win32":
    import resource

_SET_DEATH_SIGNAL = 1
_NO_NEW_PRIVILEGES = 38
_SIGKILL = 9
_NEW_NETWORK = 0x40000000
_NEW_USER = 0x10000000
_OPEN_FILES = 128
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_SPARE_CPU_S = 5
_NETWORK, _PROGRAM, _FILES = "use the network", "start a program", "change files"


class RefusedError(RuntimeError):
    """Something that reading a document never needs was tried."""

    def __init__(self, tried: str) -> None:
        self.tried = tried
        super().__init__(f"refused to {tried}")


def die_with(parent: int) -> None:
    """Have the kernel end this process when the thread that started it ends; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, _SIGKILL)
        if os.getppid() != parent:
            os._exit(0)  # It ended before it could be watched.


def forbid_writing() -> None:
    """Keep this process from writing to files or leaving a memory dump, as far as the kernel can.

    What it has open already stays open: pipes can be written to.
    """
    if sys.platform != "win32":
        for name, most in (("CORE", 0), ("FSIZE", 0), ("NOFILE", _OPEN_FILES)):
            _limit(getattr(resource, f"RLIMIT_{name}"), most)


def limit_memory(more_bytes: int) -> None:
    """Let this process take up ``more_bytes`` of address space beyond what it has now."""
    if sys.platform != "win32":
        _limit(resource.RLIMIT_AS, address_space() + more_bytes)


def limit_cpu(seconds: float) -> None:
    """Have the kernel end this process after ``seconds`` more of CPU time, and a few to spare.

    The parent's clock is to end it before; this is for a parent that is gone.
    """
    if sys.platform != "win32":
        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        soft = int(used + seconds) + _SPARE_CPU_S
        with contextlib.suppress(ValueError, OSError):
            hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
            resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def leave_network() -> bool:
    """Move this process into a network that holds nothing; return whether the system let it."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None)
    # Root may do so as it is. Anyone else must enter a user namespace first, in which root
    # would lose its right to read the files of others.
    kinds = (_NEW_NETWORK,) if os.geteuid() == 0 else (_NEW_NETWORK | _NEW_USER,)
    return any(libc.unshare(kind) == 0 for kind in kinds)


def forbid_privileges() -> None:
    """Keep this process from gaining rights through a program that grants them; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def confine(*, program: Path | None) -> None:
    """Put up every fence that this system has; none can be taken down again.

    Args:
        program: The one program that may be started, if any.
    """
    forbid_privileges()
    leave_network()
    forbid_changes(allow_programs=program is not None)
    forbid_writing()
    refuse_side_effects(program)


def refuse_side_effects(program: Path | None) -> None:
    """Have Python code that would change anything outside this process raise `RefusedError`."""
    allowed = str(program) if program else None

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            _check_open(*arguments)
        elif allowed is not None and (event == "os.kill" or arguments[:1] == (allowed,)):
            return  # It may be started, and ended when it takes too long.
        elif event in _REFUSED_EVENTS or event.startswith(_REFUSED_FAMILIES):
            family = event.partition(".")[0]
            raise RefusedError(_TRIED.get(event, _TRIED.get(family, f"call {event}")))

    sys.addaudithook(refuse)


def _check_open(path: object, mode: object, flags: object) -> None:
    # Mode and flags tell of every way to open a file; `subprocess` opens the null device.
    by_mode = isinstance(mode, str) and not set(mode).isdisjoint("wax+")
    by_flags = isinstance(flags, int) and flags & _WRITING != 0
    if (by_mode or by_flags) and path != os.devnull and not isinstance(path, int):
        raise RefusedError(_FILES)


def address_space() -> int:
    """Return how many bytes of address space this process takes up; 0 if the system hides it."""
    return _statm(0)


def resident_bytes() -> int:
    """Return how many bytes of memory this process holds now; 0 if the system hides it."""
    return _statm(1)


def peak_bytes(usage: "resource.struct_rusage | None" = None) -> int:
    """Return the most memory, in bytes, that a process has held: this one, or that of ``usage``."""
    if sys.platform == "win32":
        return 0
    peak = (usage or resource.getrusage(resource.RUSAGE_SELF)).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _statm(field: int) -> int:
    try:
        descriptor = os.open("/proc/self/statm", os.O_RDONLY)
    except OSError:
        return 0
    fields = os.read(descriptor, 200).split()
    os.close(descriptor)
    return int(fields[field]) * os.sysconf("SC_PAGE_SIZE")


def _limit(kind: int, most: int) -> None:
    """Set a limit for good, or what the system allows of it."""
    with contextlib.suppress(ValueError, OSError):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


_TRIED = {
    "socket": _NETWORK,
    "subprocess": _PROGRAM,
    "pty": _PROGRAM,
    "shutil": _FILES,
    "tempfile": _FILES,
    "os.exec": _PROGRAM,
    "os.fork": _PROGRAM,
    "os.forkpty": _PROGRAM,
    "os.posix_spawn": _PROGRAM,
    "os.spawn": _PROGRAM,
    "os.startfile": _PROGRAM,
    "os.startfile/2": _PROGRAM,
    "os.system": _PROGRAM,
    "os.kill": "send signals",
    "os.killpg": "send signals",
    "signal.pthread_kill": "send signals",
    "sqlite3.connect": _FILES,
}
_TRIED |= dict.fromkeys(
    (
        f"os.{name}"
        for name in (
            *("chflags", "chmod", "chown", "lchmod", "link", "lockf", "mkdir", "remove"),
            *("removexattr", "rename", "rmdir", "setxattr", "symlink", "truncate", "utime"),
        )
    ),
    _FILES,
)
_REFUSED_FAMILIES = ("socket.", "subprocess.", "pty.", "shutil.", "tempfile.")
_REFUSED_EVENTS = frozenset(_TRIED)
