"""Every benchmark is a program that says what it measures, and is listed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
_PROGRAMS = sorted(
    path.name
    for path in _BENCHMARKS.glob("*.py")
    if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
)


def _listed() -> list[str]:
    page = (_BENCHMARKS / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `(\w+\.py)` \|", page, re.MULTILINE)


@pytest.mark.parametrize("program", _PROGRAMS)
def test_a_benchmark_answers_help(program: str) -> None:
    """Whoever finds a figure can see how to have it again, and no run begins by accident."""
    done = subprocess.run(
        [sys.executable, str(_BENCHMARKS / program), "--help"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage:")


def test_every_benchmark_is_listed_once() -> None:
    """A program that no page names is never run again, and its figures grow old."""
    assert len(_PROGRAMS) > 20

    assert sorted(_listed()) == _PROGRAMS
