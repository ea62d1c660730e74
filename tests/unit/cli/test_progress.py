"""Plain lines come when a stage ends, and now and then before."""

import pytest

from briefqa.cli.progress import PlainLines
from briefqa.protocols import Progress


class _Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    """A clock at zero."""
    return _Clock()


@pytest.fixture
def said() -> list[str]:
    """The lines said so far."""
    return []


def test_short_stage_is_one_line(clock: _Clock, said: list[str]) -> None:
    """Five files are not worth five lines of a log."""
    tell = PlainLines(said.append, clock=clock)

    for done in range(6):
        tell(Progress("reading", done, 5))

    assert said == ["reading: 5 of 5 files"]


def test_long_stage_gives_rate_and_time_left(clock: _Clock, said: list[str]) -> None:
    """Whoever waits wants to know for how long."""
    tell = PlainLines(said.append, clock=clock)

    for second in range(11):
        clock.now = float(second)
        tell(Progress("embedding", second * 100, 2000))

    assert said == [
        "embedding: 500 of 2,000 texts, 100/s, 15 s left",
        "embedding: 1,000 of 2,000 texts, 100/s, 10 s left",
    ]


def test_stage_without_units_is_announced_when_it_begins(clock: _Clock, said: list[str]) -> None:
    """Exporting a model takes long and cannot be counted, so its line comes first."""
    tell = PlainLines(said.append, clock=clock)

    for done in range(3):
        clock.now += 20
        tell(Progress("model", done, 2))
    tell(Progress("reading", 0, 0))

    assert said == ["preparing the model …"]


def test_what_has_no_known_end_is_counted_all_the_same(clock: _Clock, said: list[str]) -> None:
    """Questions that come through a pipe have no total, and a wait without a word is long."""
    tell = PlainLines(said.append, clock=clock)

    for second in range(11):
        clock.now = float(second)
        tell(Progress("asking", second * 3, 0))

    assert said == ["asking: 15 questions, 3/s", "asking: 30 questions, 3/s"]
