"""What the machine gives to this process."""

import os
from typing import Final

CORES: Final = "PYTHON_CPU_COUNT"


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
