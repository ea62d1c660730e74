"""Breaks an index in every way that the tests know, and counts how often it survives.

It survives a trial if it then holds exactly what it held before or was to hold
afterwards, says nothing untrue, leaves nothing behind, and the next run mends the rest.
Prints a table; progress goes to stderr.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

# A script is run with its own folder on the path, and the trials belong to the tests.
sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.faults.instrument import why_unusable
from tests.faults.scenarios import SCENARIOS
from tests.faults.trial import ALL, Sample, Trial, run_trials, told

FAULTS = {
    "killed at a step": "SIGKILL at one storage call after another",
    "killed in a write": "SIGKILL when half of a write is done",
    "killed at a moment": "SIGKILL at 200 random moments",
    "power lost": "after any call, bytes and names that were not synced are gone, or some are",
    "file system full": "a real file system, one block larger each time",
    "disk full": "room for one block more each time, and for all but the last byte",
    "no space": "ENOSPC from one call",
    "no space from then on": "ENOSPC from one call and all later ones",
    "input/output error": "EIO from one call",
    "input/output errors from then on": "EIO from one call and all later ones",
    "input/output error of a read": "EIO from one read",
    "sync to disk fails": "EIO from one fsync",
    "syncs to disk fail from then on": "EIO from one fsync and all later ones",
    "file system read-only": "a real file system, mounted read-only",
    "read-only from then on": "EROFS from one call and all later ones",
    "permission refused": "EACCES from one call",
    "file damaged": "each file of the generation that serves, in eight ways",
    "CURRENT damaged": "each bit of CURRENT flipped",
    "second writer": "a second writer comes at one step of the first after another",
    "lock holder killed": "the writer is killed at one step after another, and another comes",
    "reader during swaps": "two threads ask while 100 generations are published",
    "made otherwise": "another model, chunking or format",
    "model files changed": "other weights of the same width, another tokenizer",
    "document deleted": "its words are looked for everywhere, then again after a clean-up",
}
"""Every fault, and what is done."""

_MOUNTED = ("file system full", "file system read-only")
_ALONE = (
    "file damaged",
    "CURRENT damaged",
    "reader during swaps",
    "made otherwise",
    "model files changed",
    "document deleted",
)
# What an operator meets most, and where a step is easily missed, is tried at every point.
_WHOLE = (
    "killed at a step",
    "killed in a write",
    "killed at a moment",
    "disk full",
    "input/output error of a read",
    *_MOUNTED,
    *_ALONE,
)
_ON_A_SCENARIO = tuple(fault for fault in FAULTS if fault not in {*_MOUNTED, *_ALONE})


@dataclass(frozen=True, slots=True)
class _Job:
    """Trials that one process makes."""

    faults: tuple[str, ...]
    scenario: str
    sample: Sample
    prefix: tuple[str, ...] = ()


def planned(most: int | None, seed: int, mount: Sequence[str] | None) -> list[_Job]:
    """Return all jobs; ``mount`` is what lets a process mount a file system, if anything does."""
    some = Sample(most, seed)
    whole = tuple(fault for fault in _ON_A_SCENARIO if fault in _WHOLE)
    sampled = tuple(fault for fault in _ON_A_SCENARIO if fault not in _WHOLE)
    jobs = [_Job(whole, scenario, Sample(seed=seed)) for scenario in SCENARIOS]
    jobs += [_Job(sampled, scenario, some) for scenario in SCENARIOS]
    if mount is not None:
        jobs += [_Job(_MOUNTED, name, ALL, tuple(mount)) for name in ("first build", "clean-up")]
    return jobs + [_Job((fault,), "-", ALL) for fault in _ALONE]


def tried(job: _Job) -> list[Trial]:
    """Make the trials of a job, and say when they are done."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        trials = list(
            run_trials(job.faults, job.scenario, Path(place), job.sample, prefix=job.prefix)
        )
    seconds = time.perf_counter() - started
    name = job.faults[0] if len(job.faults) == 1 else f"{len(job.faults)} faults"
    failed = sum(bool(trial.problems) for trial in trials)
    line = f"{job.scenario}, {name}: {len(trials)} trials, {failed} failed, {seconds:.0f} s"
    print(line, file=sys.stderr, flush=True)
    return trials


def rows(trials: Iterable[Trial]) -> list[tuple[str, str, int, int]]:
    """Return for each fault its name, what is done, how often, and how often it was survived."""
    by_fault: dict[str, list[Trial]] = {}
    for trial in trials:
        by_fault.setdefault(trial.fault, []).append(trial)
    return [
        (fault, what, len(found), sum(not trial.problems for trial in found))
        for fault, what in FAULTS.items()
        if (found := by_fault.get(fault, []))
    ]


def markdown(trials: Sequence[Trial]) -> str:
    """Return the table as it stands in the documentation."""
    lines = ["| fault | what is done | tried | survived |", "|---|---|---:|---:|"]
    lines += [f"| {name} | {what} | {n:,} | {held:,} |" for name, what, n, held in rows(trials)]
    held = sum(not trial.problems for trial in trials)
    return "\n".join([*lines, f"| **all** | | **{len(trials):,}** | **{held:,}** |"])


def plain(trials: Sequence[Trial]) -> str:
    """Return the table for a terminal."""
    lines = [f"{'fault':34}{'tried':>8}{'survived':>10}"]
    lines += [f"{name:34}{count:8,}{held:10,}" for name, _, count, held in rows(trials)]
    held = sum(not trial.problems for trial in trials)
    lines += [f"{'all':34}{len(trials):8,}{held:10,}", ""]
    lines += [f"{'work that was disturbed':34}{'tried':>8}{'survived':>10}"]
    for scenario in SCENARIOS:
        found = [trial for trial in trials if trial.scenario == scenario]
        held = sum(not trial.problems for trial in found)
        lines.append(f"{scenario:34}{len(found):8,}{held:10,}")
    return "\n".join(lines)


def _mount() -> list[str] | None:
    command = [shutil.which("unshare") or "", "--map-root-user", "--mount"]
    can = command[0] and not subprocess.run([*command, "true"], check=False).returncode
    return command if can else None


def main() -> int:
    """Print the table; return 1 if anything was not survived."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--most", type=int, help="points of a work, where not every one is tried")
    parser.add_argument("--seed", type=int, default=0, help="which points those are")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--json", type=Path, help="write every trial to this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        why = why_unusable(Path(folder))
    if why is not None:
        parser.error(why)
    mount = _mount()
    if mount is None:
        print("no file system can be mounted here: those faults are left out", file=sys.stderr)
    started = time.perf_counter()
    with ThreadPoolExecutor(options.jobs) as pool:
        jobs = planned(options.most, options.seed, mount)
        trials = [trial for found in pool.map(tried, jobs) for trial in found]
    if options.json:
        options.json.write_text(json.dumps([asdict(trial) for trial in trials], indent=1))
    print(markdown(trials) if options.markdown else plain(trials))
    points = (
        "every point" if options.most is None else f"about {options.most} points of some faults"
    )
    seconds = time.perf_counter() - started
    print(f"\n{points}; seed {options.seed}; {seconds:.0f} s")
    problems = told(trials)
    if problems:
        print(f"\n{problems}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
