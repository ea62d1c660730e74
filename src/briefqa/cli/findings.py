"""What `briefqa doctor` finds out."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from briefqa.wire import WireObject


class State(StrEnum):
    """How good a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; ``advice`` says what to do about it, if anything."""

    name: str
    state: State
    detail: str
    advice: str | None = None

    def to_wire(self) -> "WireObject":
        """Return the finding as JSON."""
        return {
            "name": self.name,
            "state": self.state.value,
            "detail": self.detail,
            "advice": self.advice,
        }
