"""Two writers of one index: the second is turned away while the first lives, and no longer."""

import signal
from collections.abc import Iterator

from tests.faults.bench import Bench
from tests.faults.forks import Ending, Fork
from tests.faults.instrument import CHANGES, Action, Plan
from tests.faults.trial import Sample, Trial

_DONE = Ending()


def two_writers(name: str, bench: Bench, sample: Sample) -> Iterator[Trial]:
    """Let a second writer come at every step of the first, which then goes on."""
    for step, first in _stopped(bench, sample):
        second = Fork(lambda: bench.work(Plan())).ending()
        first.send(signal.SIGCONT)
        ending = first.ending()
        problems = [*_wrong_refusal(second, first.pid), *bench.verdict(_DONE)]
        if ending.name != "done":
            problems.append(f"the first writer ends with {ending.name}: {ending.message}")
        yield Trial(name, bench.stage.scenario.name, f"step {step}", second.name, tuple(problems))


def holder_killed(name: str, bench: Bench, sample: Sample) -> Iterator[Trial]:
    """Kill the first writer at every step of it; the second then comes."""
    for step, first in _stopped(bench, sample):
        first.send(signal.SIGKILL)
        first.ending()
        second = Fork(lambda: bench.work(Plan())).ending()
        problems = list(bench.verdict(_DONE))
        if second.name != "done":
            problems.append(f"the second writer ends with {second.name}: {second.message}")
        yield Trial(name, bench.stage.scenario.name, f"step {step}", second.name, tuple(problems))


def _stopped(bench: Bench, sample: Sample) -> Iterator[tuple[int, Fork]]:
    """Yield writers that stand still in the middle of their work, at one step after another."""
    for step in sample.of(range(1, bench.steps(CHANGES) + 1)):
        bench.reset()
        bench.tally.reset()
        plan = Plan(Action.STOP, step)
        writer = Fork(lambda plan=plan: bench.work(plan))  # type: ignore[misc] # mypy infers no default
        if writer.has_stopped():
            yield step, writer
        else:
            writer.ending()


def _wrong_refusal(second: Ending, holder: int) -> Iterator[str]:
    # Before the first has the lock, and once it has given it back, there is nothing to refuse.
    if second.name == "done":
        return
    if second.error != "IndexLockedError":
        yield f"the second writer ends with {second.name}: {second.message}"
    elif not any(word in second.message for word in (f"process {holder} ", "another process")):
        yield "the second writer is told of another holder than the first"
