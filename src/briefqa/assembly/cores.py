"""Keeps as many questions at work as there are cores, and the others waiting for one."""

from collections.abc import Generator
from contextlib import closing
from threading import BoundedSemaphore
from types import TracebackType
from typing import TypeVar

from briefqa.machine import available_cores

_Event = TypeVar("_Event")


class Cores:
    """A place for each core, held in a ``with`` block; safe to use from several threads.

    More threads than cores only take the interpreter's lock from each other: eight clients
    got fewer answers a second than two.
    """

    def __init__(self) -> None:
        self._places = BoundedSemaphore(available_cores())

    def __enter__(self) -> None:
        self._places.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._places.release()

    def in_turn(self, events: Generator[_Event, None, None]) -> Generator[_Event, None, None]:
        """Yield ``events``, with a place while each is made, and none while it is looked at."""
        with closing(events):
            while True:
                with self:
                    event = next(events, None)
                if event is None:
                    return
                yield event
