"""Tells what each stage of an answer took."""

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stopwatch:
    """Runs from when it is made."""

    started: float = field(default_factory=time.perf_counter)
    laps: dict[str, float] = field(default_factory=dict)

    def lap(self, stage: str) -> None:
        """Add what passed since the last lap to ``stage``."""
        self.laps[stage] = self.laps.get(stage, 0.0) + self._ms() - sum(self.laps.values())

    def read(self) -> dict[str, float]:
        """Return milliseconds by stage, and in total."""
        return {name: round(ms, 3) for name, ms in {**self.laps, "total": self._ms()}.items()}

    def _ms(self) -> float:
        return (time.perf_counter() - self.started) * 1000
