"""Shows how far a long job has come, on stderr: bars on a terminal, else a line now and then."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from briefqa.cli.output import say

if TYPE_CHECKING:
    from rich.progress import TaskID

    from briefqa.protocols import Progress, ProgressListener

_LABELS = {
    "looking": "looking for changes",
    "model": "preparing the model",
    "reranker": "preparing the reranker",
    "language model": "starting the language model",
}
_UNITS = {
    "looking": "files",
    "reading": "files",
    "embedding": "texts",
    "starting": "workers",
    "vectors": "vectors",
    "writing": "chunks",
    "asking": "questions",
    "checking": "answers",
    "counting words": "chunks",
    "comparing": "chunks",
}
_SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def progress_on_stderr(*, no_color: bool = False) -> "Iterator[ProgressListener]":
    """Give a listener that shows on stderr what it is told; bars go when the block ends."""
    if not sys.stderr.isatty():
        yield PlainLines(say)
        return
    with _bars(no_color=no_color) as listener:
        yield listener


class PlainLines:
    """Says that a stage is over, and how a long one gets on."""

    def __init__(
        self, say: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin.

        Args:
            say: Takes each line.
            clock: Gives seconds that only grow.
        """
        self._say = say
        self._clock = clock
        self._stage: str | None = None
        self._started = 0.0
        self._said = 0.0
        self._first = 0

    def __call__(self, progress: "Progress") -> None:
        """Say a line if it is time for one."""
        now = self._clock()
        if progress.stage != self._stage:
            self._stage, self._first = progress.stage, progress.done
            self._started = self._said = now
            if progress.stage not in _UNITS:
                # It cannot be told how long this takes, so it is said that it began.
                self._say(f"{_label(progress.stage)} …")
        if progress.stage not in _UNITS or not (progress.total or progress.done):
            return
        is_over = bool(progress.total) and progress.done >= progress.total
        if is_over or now - self._said >= _SECONDS_BETWEEN_LINES:
            self._said = now
            self._say(self._line(progress, now - self._started))

    def _line(self, progress: "Progress", seconds: float) -> str:
        # How many there are in all cannot be known of what comes through a pipe.
        of_all = f" of {progress.total:,}" if progress.total else ""
        line = f"{_label(progress.stage)}: {progress.done:,}{of_all} {_UNITS[progress.stage]}"
        line += f" by {progress.by}" if progress.by else ""
        done = progress.done - self._first
        if not done or not seconds or 0 < progress.total <= progress.done:
            return line
        line = f"{line}, {done / seconds:,.0f}/s"
        left = (progress.total - progress.done) * seconds / done
        return f"{line}, {left:.0f} s left" if progress.total else line


@contextmanager
def _bars(*, no_color: bool) -> "Iterator[ProgressListener]":
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    class RateColumn(ProgressColumn):
        """How many a second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None or task.total is None else f"{speed:,.0f}/s")

    console = Console(stderr=True, color_system=None if no_color else "auto", markup=False)
    bars = Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        expand=True,
    )
    tasks: dict[str, TaskID] = {}

    def listen(progress: "Progress") -> None:
        # Of a stage without units it is only known that it goes on: its bar moves to and fro.
        is_counted = progress.stage in _UNITS and (progress.total or not progress.done)
        total = progress.total if is_counted else None
        if progress.stage not in tasks:
            tasks[progress.stage] = bars.add_task(_label(progress.stage), total=total)
        task = tasks[progress.stage]
        label = _label(progress.stage) + (f" by {progress.by}" if progress.by else "")
        bars.update(task, completed=progress.done, total=total, description=label)
        if progress.done >= progress.total and (progress.total or not progress.done):
            bars.update(task, completed=progress.total, total=progress.total)

    with bars:
        yield listen


def _label(stage: str) -> str:
    return _LABELS.get(stage, stage)
