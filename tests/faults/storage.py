"""Faults of storage, each tried at every point of a scenario."""

import errno
import os
import random
import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Self

from tests.faults.bench import Bench
from tests.faults.disk import CUTS, random_cuts
from tests.faults.forks import Ending
from tests.faults.instrument import CALLS, CHANGES, SYNCS, Action, Kind, Plan
from tests.faults.trial import Sample, Trial

_BLOCK = 4096
_MOMENTS = 200
_RANDOM_CUTS = 4
# Steps beyond those of an undisturbed run: threads do not always take turns alike.
_SLACK = 4

Fault = Callable[[str, Bench, Sample], Iterator[Trial]]


def _at_every_step(  # noqa: PLR0913 - a plan, spread out
    name: str,
    bench: Bench,
    sample: Sample,
    *,
    action: Action,
    kinds: frozenset[Kind] = CHANGES,
    error: int = 0,
    is_lasting: bool = False,
) -> Iterator[Trial]:
    for step in sample.of(range(1, bench.steps(kinds) + _SLACK)):
        bench.reset()
        ending = bench.attempt(Plan(action, step, kinds, error, is_lasting))
        if bench.has_struck:
            yield _judged(name, bench, f"step {step}", ending, is_lasting=is_lasting)


def _at_moments(name: str, bench: Bench, sample: Sample) -> Iterator[Trial]:
    chance = random.Random(sample.seed)  # noqa: S311 - no secret
    for _ in sample.of(range(_MOMENTS)):
        moment = chance.uniform(0, bench.seconds)
        bench.reset()
        ending = bench.attempt(Plan(), kill_after_s=moment)
        # The kill may have come between a call and its record in the journal.
        bench.restart()
        yield _judged(name, bench, f"{1000 * moment:.1f} ms", ending)


def _power_lost(name: str, bench: Bench, sample: Sample) -> Iterator[Trial]:
    disk, records = bench.undisturbed()
    cuts = len(CUTS) + _RANDOM_CUTS
    # There are as many ways to lose power as there are cuts, so more of them are tried.
    wider = Sample(sample.most and 4 * sample.most, sample.seed)
    tried = set(wider.of(range(cuts * (len(records) + 1))))
    seen: set[int] = set()
    for step in range(len(records) + 1):
        if step:
            disk.apply(records[step - 1])
        for number, cut in enumerate((*CUTS, *random_cuts(_RANDOM_CUTS, sample.seed + step))):
            if step * cuts + number not in tried:
                continue
            image = disk.after(cut)
            digest = hash(frozenset(image.items()))
            # With its last step the work claims to be done, and nothing less will do.
            is_done = step == len(records)
            if digest not in seen or is_done:
                seen.add(digest)
                bench.restart_from(image)
                point = f"step {step}, {cut.name}"
                yield _judged(name, bench, point, Ending(was_killed=not is_done))


def _budget_spent(name: str, bench: Bench, sample: Sample) -> Iterator[Trial]:
    last = bench.bytes_needed - 1
    for budget in [*sample.of(range(0, last, _BLOCK)), last]:
        bench.reset()
        ending = bench.attempt(Plan(budget=budget))
        if bench.has_struck:
            yield _judged(name, bench, f"room for {budget} bytes", ending)


def _file_system_full(name: str, bench: Bench, sample: Sample) -> Iterator[Trial]:
    with _Mount(bench.stage.trial) as mount:
        bench.stage.fill()
        held = mount.used_bytes()
        bench.attempt(Plan())
        needed = mount.used_bytes()
    # The generation swept last still counts while the new one is written.
    for size in sample.of(range(max(held, _BLOCK), needed + held + _BLOCK, _BLOCK)):
        with _Mount(bench.stage.trial, size) as mount:
            bench.stage.fill()
            bench.restart()
            ending = bench.attempt(Plan())
            if ending.error is None:
                return
            mount.change("size=64m")
            yield _judged(name, bench, f"a file system of {size} bytes", ending)


def _file_system_read_only(name: str, bench: Bench, sample: Sample) -> Iterator[Trial]:
    del sample  # There is only one point to try.
    with _Mount(bench.stage.trial) as mount:
        bench.stage.fill()
        bench.restart()
        mount.change("ro")
        ending = bench.attempt(Plan())
        mount.change("rw")
        yield _judged(name, bench, "mounted read-only", ending)


class _Mount:
    """A file system in memory, mounted while the ``with`` block runs."""

    def __init__(self, place: Path, size: int = 64_000_000) -> None:
        self._place, self._size = place, size

    def __enter__(self) -> Self:
        self._place.mkdir(exist_ok=True)
        options = f"size={self._size}"
        _command("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self._place))
        return self

    def __exit__(self, *_: object) -> None:
        _command("umount", str(self._place))

    def change(self, option: str) -> None:
        """Mount it again, with another option."""
        _command("mount", "-o", f"remount,{option}", str(self._place))

    def used_bytes(self) -> int:
        """Return how much of it is taken."""
        status = os.statvfs(self._place)
        return (status.f_blocks - status.f_bfree) * status.f_frsize


def _command(*command: str) -> None:
    subprocess.run(command, check=True)


def _judged(
    name: str, bench: Bench, point: str, ending: Ending, *, is_lasting: bool = False
) -> Trial:
    problems = bench.verdict(ending, is_lasting=is_lasting)
    return Trial(name, bench.stage.scenario.name, point, ending.name, problems)


_fails = partial(_at_every_step, action=Action.FAIL)

STORAGE_FAULTS: Mapping[str, Fault] = {
    "killed at a step": partial(_at_every_step, action=Action.KILL),
    "killed in a write": partial(_at_every_step, action=Action.TEAR, kinds=frozenset({Kind.WRITE})),
    "killed at a moment": _at_moments,
    "power lost": _power_lost,
    "input/output error": partial(_fails, kinds=CALLS, error=errno.EIO),
    "input/output errors from then on": partial(
        _fails, kinds=CALLS, error=errno.EIO, is_lasting=True
    ),
    "input/output error of a read": partial(_fails, kinds=frozenset({Kind.READ}), error=errno.EIO),
    "sync to disk fails": partial(_fails, kinds=SYNCS, error=errno.EIO),
    "syncs to disk fail from then on": partial(
        _fails, kinds=SYNCS, error=errno.EIO, is_lasting=True
    ),
    "no space": partial(_fails, error=errno.ENOSPC),
    "no space from then on": partial(_fails, error=errno.ENOSPC, is_lasting=True),
    "disk full": _budget_spent,
    "read-only from then on": partial(_fails, error=errno.EROFS, is_lasting=True),
    "permission refused": partial(_fails, kinds=CALLS, error=errno.EACCES),
}
"""By what is printed: what each does at every point of a scenario."""

MOUNTED_FAULTS: Mapping[str, Fault] = {
    "file system full": _file_system_full,
    "file system read-only": _file_system_read_only,
}
"""Those that need the right to mount a file system."""
