"""What becomes of a request under way, gathered where it happens."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from briefqa.datatypes import Answer, SearchResult

# Any other word is the client's own, and could be anything.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_OTHER_METHOD = "OTHER"

NO_ROUTE = "none"
"""In place of a route: no route has the path, or the request was refused before that showed."""

EXTRACTIVE = "extractive"
"""In place of a language model: the answer is made of sentences of the documents."""

_Result = TypeVar("_Result", Answer, SearchResult)


@dataclass(slots=True)
class ObservedRequest:
    """One request: what was asked for, by which route, and what became of it.

    ``route`` is its template, never its path. ``results`` are what was found or answered,
    ``problem`` the kind of what went wrong, if anything did. ``status`` None means that the
    client left before there was one. ``began_s`` is on the clock of `time.perf_counter`.
    """

    method: str
    began_s: float
    traceparent: str | None = None
    route: str = NO_ROUTE
    status: int | None = None
    took_s: float = 0.0
    problem: str | None = None
    results: list[Answer | SearchResult] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """In one word what became of it."""
        if self.problem is not None:
            return self.problem
        if self.status is None:
            return "left"
        return outcome_of(self.results[-1]) if self.results else "done"


def outcome_of(result: Answer | SearchResult) -> str:
    """Return in one word what a result is."""
    if isinstance(result, SearchResult):
        return "found" if result.passages else "nothing-found"
    return "answered" if result.answered else "declined"


def way_of(answer: Answer) -> str:
    """Return who wrote an answer: a language model, by name, or nobody."""
    return answer.model or EXTRACTIVE


def bounded_method(method: str) -> str:
    """Return ``method``, or one word for all that are none of HTTP's."""
    return method if method in _METHODS else _OTHER_METHOD


@contextmanager
def under_way(request: ObservedRequest) -> Iterator[None]:
    """Have what is noted meanwhile, in threads and tasks of this request too, noted of it."""
    token = _UNDER_WAY.set(request)
    try:
        yield
    finally:
        _UNDER_WAY.reset(token)


def noted(result: _Result) -> _Result:
    """Return ``result``, after it was noted of the request under way, if there is one."""
    request = _UNDER_WAY.get()
    if request is not None:
        request.results.append(result)
    return result


def note_problem(kind: str) -> None:
    """Note the kind of what went wrong with the request under way, if there is one."""
    request = _UNDER_WAY.get()
    if request is not None:
        request.problem = kind


_UNDER_WAY: ContextVar[ObservedRequest | None] = ContextVar("request under way", default=None)
