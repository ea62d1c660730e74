"""Breaks the storage calls of a process: what to break, and the C code that does it.

`arm` cannot be undone: call it in a process that was forked for one trial.
"""

import ctypes
import errno
import mmap
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

_SOURCE = Path(__file__).with_name("storage_faults.c")
_PATH_MAX = 4096


class Kind(IntEnum):
    """What a storage call does; in the order that the C code gives them."""

    CREATE = 0
    OPEN = 1
    READ = 2
    WRITE = 3
    TRUNCATE = 4
    EXTEND = 5
    SYNC = 6
    SYNC_FOLDER = 7
    RENAME = 8
    UNLINK = 9
    RMDIR = 10
    MKDIR = 11
    LINK = 12
    SYMLINK = 13


SYNCS = frozenset({Kind.SYNC, Kind.SYNC_FOLDER})
CHANGES = frozenset(Kind) - {Kind.OPEN, Kind.READ}
"""All that changes what is stored, or makes it last."""
CALLS = frozenset(Kind) - {Kind.READ}


class Action(IntEnum):
    """What happens at the step; in the order that the C code gives them."""

    NOTHING = 0
    STOP = 1
    """The process stands still until it is told to go on."""
    KILL = 2
    TEAR = 3
    """Half of a write is done; then the process is killed."""
    FAIL = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to a process: ``action`` at the ``step``-th call of one of ``kinds``.

    ``error`` is the errno of `Action.FAIL`, which is repeated at every later
    step if ``is_lasting``. Files may grow by ``budget`` bytes in all, if it is set.
    """

    action: Action = Action.NOTHING
    step: int = 0
    kinds: frozenset[Kind] = CHANGES
    error: int = errno.EIO
    is_lasting: bool = False
    budget: int = -1


class _Plan(ctypes.Structure):
    _fields_ = (
        ("root", ctypes.c_char * _PATH_MAX),
        ("journal", ctypes.c_int32),
        ("kinds", ctypes.c_uint32),
        ("step", ctypes.c_int64),
        ("action", ctypes.c_int32),
        ("error", ctypes.c_int32),
        ("is_lasting", ctypes.c_int32),
        ("budget", ctypes.c_int64),
    )


class _Counts(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_int64) for name in ("steps", "acted", "used", "peak", "unseen")
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened under a plan.

    ``acted`` says how often the plan struck, ``peak`` by how many bytes files
    had grown at most. ``unseen`` counts calls that the instrument does not
    understand: where it is not 0, nothing that it shows can be relied on.
    """

    steps: int
    acted: int
    peak: int
    unseen: int


class Tally:
    """Counts shared with the processes forked after it was made."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, ctypes.sizeof(_Counts))
        self.shared = _Counts.from_buffer(self._memory)

    def reset(self) -> None:
        """Set every count to 0."""
        ctypes.memset(ctypes.addressof(self.shared), 0, ctypes.sizeof(_Counts))

    def read(self) -> Counts:
        """Return the counts as they are now."""
        now = self.shared
        return Counts(now.steps, now.acted, now.peak, now.unseen)


def why_unusable(folder: Path) -> str | None:
    """Say what this machine lacks for the instrument, if anything; ``folder`` is for trying it."""
    if sys.platform != "linux":
        return "storage faults are made with seccomp, which only Linux has"
    if shutil.which("cc") is None:
        return "storage faults need a C compiler, and there is no `cc`"
    command = [sys.executable, "-m", "tests.faults.instrument", str(folder)]
    tried = subprocess.run(command, check=False, capture_output=True, text=True)
    return tried.stderr if tried.returncode else None


class Instrument:
    """The compiled C code, loaded into this process."""

    def __init__(self, folder: Path) -> None:
        """Compile into ``folder``.

        Raises:
            subprocess.CalledProcessError: If the compiler fails.
            OSError: If what it made cannot be loaded.
        """
        library = folder / "storage_faults.so"
        options = ("-std=c11", "-O1", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror")
        subprocess.run(["cc", *options, "-o", library, _SOURCE], check=True)  # noqa: S607 - any C compiler does
        self._arm = ctypes.CDLL(str(library)).storage_faults_arm

    def arm(self, root: Path, plan: Plan, tally: Tally, journal: Path | None = None) -> None:
        """Let ``plan`` happen to this process from now on, at and below ``root``.

        What changes there is appended to ``journal``.

        Raises:
            OSError: If the kernel allows no filter on system calls.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        wanted = _Plan(
            root=os.fsencode(root.resolve()),
            journal=-1 if journal is None else os.open(journal, flags, 0o600),
            kinds=sum(1 << kind for kind in plan.kinds),
            step=plan.step,
            action=plan.action,
            error=plan.error,
            is_lasting=plan.is_lasting,
            budget=plan.budget,
        )
        result = self._arm(ctypes.byref(wanted), ctypes.byref(tally.shared))
        if result:
            raise OSError(-result, f"no filter on system calls: {os.strerror(-result)}")


if __name__ == "__main__":
    Instrument(Path(sys.argv[1])).arm(Path(sys.argv[1]), Plan(), Tally())
