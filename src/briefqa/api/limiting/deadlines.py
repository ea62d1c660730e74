"""When an answer under way must be at its end.

An answer is made step by step in threads, which nothing can end from outside. Between two
steps it is asked whether there is time for another.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from briefqa.api.limiting.slots import Slots
from briefqa.errors import AnswerTimeoutError, StoppingError


@dataclass(frozen=True, slots=True)
class _Deadline:
    ends: float
    most_s: float
    slots: Slots


_deadline: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def answering(most_s: float, slots: Slots) -> Iterator[None]:
    """Give what is answered inside ``most_s``, or less if ``slots`` are stopped."""
    token = _deadline.set(_Deadline(time.monotonic() + most_s, most_s, slots))
    try:
        yield
    finally:
        _deadline.reset(token)


def check_deadline() -> None:
    """Let an answer go on if it has time left; one that no slot was taken for always has.

    Raises:
        AnswerTimeoutError: If it took too long.
        StoppingError: If the server stops, and its grace is over.
    """
    found = _deadline.get()
    if found is None:
        return
    now = time.monotonic()
    if found.slots.stops_at is not None and now > found.slots.stops_at:
        raise StoppingError(retry_after_s=found.slots.retry_after_s)
    if now > found.ends:
        raise AnswerTimeoutError(most_s=found.most_s)
