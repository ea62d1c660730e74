"""One trial of one fault, and how trials are run: in a process that may fork as it likes."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of an index under one fault at one point.

    ``ended`` says how the work under the fault ended, ``problems`` what was
    wrong then or later: none, if the index survived.
    """

    fault: str
    scenario: str
    point: str
    ended: str
    problems: tuple[str, ...] = ()

    def to_line(self) -> str:
        """Return the trial as a line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_line(cls, line: str) -> Self:
        """Read what `to_line` returned."""
        record = json.loads(line)
        return cls(**{**record, "problems": tuple(record["problems"])})


@dataclass(frozen=True, slots=True)
class Sample:
    """Which of many points are tried: all, or about ``most`` at even distances.

    ``seed`` moves them along, so that another sample meets other points.
    """

    most: int | None = None
    seed: int = 0

    def of(self, points: Sequence[int]) -> Sequence[int]:
        """Return the points to try."""
        if self.most is None:
            return points
        every = max(1, len(points) // self.most)
        return points[self.seed % every :: every]


ALL = Sample()


def run_trials(
    faults: Sequence[str],
    scenario: str,
    place: Path,
    sample: Sample = ALL,
    *,
    prefix: Sequence[str] = (),
) -> Iterator[Trial]:
    """Try ``faults`` on ``scenario``, in the empty folder ``place``; yield trials as they end.

    Raises:
        subprocess.CalledProcessError: If the trials themselves fail.
    """
    arguments = [json.dumps(list(faults)), scenario, str(place), json.dumps(asdict(sample))]
    command = [*prefix, sys.executable, "-m", "tests.faults.run", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield Trial.from_line(line)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def told(trials: Sequence[Trial]) -> str:
    """Say what went wrong, the same problem only once; empty if nothing did."""
    found = Counter(problem for trial in trials for problem in trial.problems)
    first = {p: trial for trial in reversed(trials) for p in trial.problems}
    return "\n".join(
        f"{count} of {len(trials)}, first at {first[problem].point}"
        f" ({first[problem].scenario}, {first[problem].ended}): {problem}"
        for problem, count in found.most_common()
    )
