"""No more questions at work than there are cores, whatever becomes of them."""

import threading
import time
from collections.abc import Generator

import pytest

from briefqa.assembly.cores import Cores
from briefqa.machine import available_cores


class _Work:
    """Counts how many are at it at the same time."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self._lock = threading.Lock()

    def step(self) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.005)
        with self._lock:
            self.now -= 1

    def events(self, count: int) -> Generator[int, None, None]:
        for number in range(count):
            self.step()
            yield number


def test_no_more_are_at_work_than_there_are_cores() -> None:
    """Threads beyond that only take the interpreter from each other."""
    cores, work = Cores(), _Work()

    def ask() -> None:
        with cores:
            work.step()
        assert list(cores.in_turn(work.events(3))) == [0, 1, 2]

    threads = [threading.Thread(target=ask) for _ in range(4 * available_cores() + 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert work.most == available_cores()


def test_no_place_is_held_while_an_event_is_looked_at() -> None:
    """Whoever reads slowly, or never goes on, keeps nobody from asking."""
    cores, work = Cores(), _Work()
    begun = [cores.in_turn(work.events(5)) for _ in range(2 * available_cores())]

    firsts = [next(events) for events in begun]

    assert firsts == [0] * len(begun)


def test_a_place_comes_back_after_a_failure_and_a_stop() -> None:
    """One that were lost each time would be missed soon."""
    cores, work = Cores(), _Work()

    def failing() -> Generator[int, None, None]:
        yield 1
        raise ZeroDivisionError

    for _ in range(2 * available_cores()):
        with pytest.raises(ZeroDivisionError):
            list(cores.in_turn(failing()))
        with pytest.raises(ZeroDivisionError), cores:
            raise ZeroDivisionError
        events = cores.in_turn(work.events(3))
        next(events)
        events.close()

    assert list(cores.in_turn(work.events(2))) == [0, 1]


def test_stopping_early_stops_what_makes_the_events() -> None:
    """It may hold a connection to a language model."""
    stopped = threading.Event()

    def endless() -> Generator[int, None, None]:
        try:
            while True:
                yield 1
        finally:
            stopped.set()

    events = Cores().in_turn(endless())
    next(events)
    events.close()

    assert stopped.is_set()
