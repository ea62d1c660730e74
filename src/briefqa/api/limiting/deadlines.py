"""What an answer may take: how much is asked, and when it must be at its end.

An answer is made step by step in threads, which nothing can end from outside. Between two
steps it is asked whether there is time for another.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from briefqa.api.limiting.limits import Limits
from briefqa.api.limiting.slots import Slots
from briefqa.errors import AnswerTimeoutError, StoppingError


@dataclass(frozen=True, slots=True)
class _Bounds:
    ends: float
    limits: Limits
    slots: Slots


_bounds: ContextVar[_Bounds | None] = ContextVar("bounds", default=None)


@contextmanager
def answering(limits: Limits, slots: Slots) -> Iterator[None]:
    """Hold what is answered inside to ``limits``; if ``slots`` are stopped, it has less time."""
    token = _bounds.set(_Bounds(time.monotonic() + limits.answer_s, limits, slots))
    try:
        yield
    finally:
        _bounds.reset(token)


def check_asked(question: str, *, top_k: int = 1) -> None:
    """Refuse what this server takes less of than others; outside one, take everything.

    Raises:
        QuestionError: If the question is longer than may be asked here.
        LimitError: If more passages are wanted than are given here.
    """
    bounds = _bounds.get()
    if bounds is not None:
        bounds.limits.check(question, top_k=top_k)


def check_deadline() -> None:
    """Let an answer go on if it has time left; one that no slot was taken for always has.

    Raises:
        AnswerTimeoutError: If it took too long.
        StoppingError: If the server stops, and its grace is over.
    """
    bounds = _bounds.get()
    if bounds is None:
        return
    now = time.monotonic()
    if bounds.slots.stops_at is not None and now > bounds.slots.stops_at:
        raise StoppingError(retry_after_s=bounds.slots.retry_after_s)
    if now > bounds.ends:
        raise AnswerTimeoutError(most_s=bounds.limits.answer_s)
