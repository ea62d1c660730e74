"""Tells what each stage of a search or an answer took."""

import time
from dataclasses import dataclass, field

from briefqa.datatypes import StageTime


@dataclass(slots=True)
class Stopwatch:
    """Runs from when it is made."""

    started: float = field(default_factory=time.perf_counter)
    laps: dict[str, float] = field(default_factory=dict)
    stages: list[StageTime] = field(default_factory=list)
    _lap_began: float = field(init=False)

    def __post_init__(self) -> None:
        self._lap_began = self.started

    def lap(self, stage: str, part: str | None = None) -> None:
        """Add what passed since the last lap to ``stage``; ``part`` is its finer name, if any."""
        began, now = self._lap_began, time.perf_counter()
        self._lap_began = now
        self.laps[stage] = self.laps.get(stage, 0.0) + (now - began) * 1000
        name, last = part or stage, self.stages[-1] if self.stages else None
        if last is not None and last.name == name:
            self.stages[-1] = StageTime(name, last.began_s, last.took_s + now - began)
        else:
            self.stages.append(StageTime(name, began, now - began))

    def leave_out(self) -> None:
        """Leave what passed since the last lap out of every stage: it was whoever reads."""
        self._lap_began = time.perf_counter()

    def read(self) -> dict[str, float]:
        """Return milliseconds by stage, and in total."""
        total = (time.perf_counter() - self.started) * 1000
        return {name: round(ms, 3) for name, ms in {**self.laps, "total": total}.items()}
