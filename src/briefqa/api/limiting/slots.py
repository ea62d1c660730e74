"""Lets a certain number of answers be under way; the others wait in order, for a while."""

import math
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Self

import anyio
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from briefqa.api.limiting.limits import Limits
from briefqa.errors import BusyError, StoppingError

_REMEMBERED: Final = 64
_LONGEST_RETRY_S: Final = 120
_GUESS_S: Final = 1.0


@dataclass(slots=True, eq=False)
class _Ticket:
    """A place in the queue; ``has_slot`` once its turn has come."""

    called: anyio.Event = field(default_factory=anyio.Event)
    has_slot: bool = False


class Slots:
    """Places for answers under way, given out first come, first served.

    Belongs to one event loop. ``clock`` gives seconds from some moment.
    """

    def __init__(
        self,
        *,
        at_once: int,
        waiting: int,
        wait_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._most_waiting = waiting
        self._wait_s = wait_s
        self._clock = clock
        self._free = at_once
        self._queue: deque[_Ticket] = deque()
        self._took: deque[float] = deque(maxlen=_REMEMBERED)
        self._stops_at: float | None = None
        self._on_change: Callable[[], None] = lambda: None

    @classmethod
    def within(cls, limits: Limits) -> Self:
        """Return the slots of a server."""
        return cls(
            at_once=limits.answers_at_once, waiting=limits.answers_waiting, wait_s=limits.wait_s
        )

    @property
    def under_way(self) -> int:
        """How many slots are taken."""
        return self._at_once - self._free

    @property
    def waiting(self) -> int:
        """How many requests wait for one."""
        return len(self._queue)

    @property
    def stops_at(self) -> float | None:
        """By the clock, when answers under way must end; None while nobody has said so."""
        return self._stops_at

    @property
    def retry_after_s(self) -> int:
        """In how many seconds a slot may be free for one that comes now; at least 1."""
        mean = sum(self._took) / len(self._took) if self._took else _GUESS_S
        seconds = math.ceil(mean * (self.waiting + 1) / self._at_once)
        return min(max(seconds, 1), _LONGEST_RETRY_S)

    def watch(self, on_change: Callable[[], None]) -> None:
        """Have ``on_change`` called whenever a slot or a place in the queue is taken or left."""
        self._on_change = on_change

    @asynccontextmanager
    async def taken(self, receive: Receive) -> AsyncIterator[None]:
        """Hold a slot, for which it may be necessary to wait.

        Args:
            receive: Of a request whose body was read, so that what comes next is its end.

        Raises:
            BusyError: If too many wait already, or none became free in time.
            StoppingError: If the server is being stopped.
            ClientDisconnect: If the client leaves while it waits.
        """
        if self._stops_at is not None:
            raise StoppingError(retry_after_s=self.retry_after_s)
        if self._free:
            self._free -= 1
            self._on_change()
        else:
            await self._wait(receive)
        began = self._clock()
        try:
            yield
        finally:
            self._took.append(self._clock() - began)
            self._give_back()

    def stop(self, grace_s: float) -> None:
        """Take nothing more, send away those that wait, and end the others after ``grace_s``."""
        self._stops_at = self._clock() + grace_s
        waiting, self._queue = self._queue, deque()
        for ticket in waiting:
            ticket.called.set()
        self._on_change()

    async def _wait(self, receive: Receive) -> None:
        if len(self._queue) >= self._most_waiting:
            detail = f"{self._at_once} answers are under way and {len(self._queue)} wait"
            raise BusyError(detail, retry_after_s=self.retry_after_s)
        ticket = _Ticket()
        self._queue.append(ticket)
        self._on_change()
        has_left = False
        try:
            has_left = await _called_before_leaving(ticket, receive, self._wait_s)
        except BaseException:
            self._drop(ticket)
            raise
        if has_left:
            self._drop(ticket)
            raise ClientDisconnect
        if ticket.has_slot:
            return
        self._drop(ticket)
        if self._stops_at is not None:
            raise StoppingError(retry_after_s=self.retry_after_s)
        detail = f"no place among {self._at_once} answers became free in {self._wait_s:g} seconds"
        raise BusyError(detail, retry_after_s=self.retry_after_s)

    def _drop(self, ticket: _Ticket) -> None:
        """Take ``ticket`` out of the queue; its turn may have come in the same moment."""
        if ticket.has_slot:
            self._give_back()
        elif ticket in self._queue:
            self._queue.remove(ticket)
            self._on_change()

    def _give_back(self) -> None:
        if self._queue:
            # Handed on rather than set free, so that nobody who comes later takes it.
            ticket = self._queue.popleft()
            ticket.has_slot = True
            ticket.called.set()
        else:
            self._free += 1
        self._on_change()


async def _called_before_leaving(ticket: _Ticket, receive: Receive, wait_s: float) -> bool:
    """Wait until ``ticket`` is called or the time is over; say whether the client left first."""
    has_left = False

    async with anyio.create_task_group() as group:

        async def watch() -> None:
            nonlocal has_left
            while (await receive())["type"] != "http.disconnect":
                pass
            has_left = True
            group.cancel_scope.cancel()

        group.start_soon(watch)
        with anyio.move_on_after(wait_s):
            await ticket.called.wait()
        group.cancel_scope.cancel()
    return has_left
