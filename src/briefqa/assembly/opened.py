"""An opened index, as whoever answers from it sees it, wherever it lies."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from briefqa.indexing import Current, Generation
from briefqa.protocols import Embedder

if TYPE_CHECKING:
    from briefqa.answering import Calibration


@dataclass(frozen=True, slots=True)
class Opened:
    """A generation and the model that made it: always swapped together.

    ``current`` is what the index said when the generation was opened.
    """

    current: Current
    generation: Generation
    embedder: Embedder


class FollowedIndex(Protocol):
    """Follows what an index serves; safe to use from several threads."""

    @property
    def folder(self) -> Path:
        """The folder on this machine that goes with the index, for models."""
        ...

    @property
    def degraded(self) -> str | None:
        """Why an older generation is in use, if one is."""
        ...

    def current(self) -> Opened:
        """Return what serves now."""
        ...

    def calibration(self, opened: Opened, /) -> "Calibration":
        """Return what turns evidence into a probability."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...
