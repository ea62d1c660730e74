"""Tells of each request: one line in the log, the metrics, and a trace if there are traces."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from starlette.datastructures import Headers
from starlette.types import Scope

from briefqa.api.observing.metrics import Metrics
from briefqa.api.observing.request import (
    NO_ROUTE,
    ObservedRequest,
    bounded_method,
    under_way,
    way_of,
)
from briefqa.datatypes import Answer

if TYPE_CHECKING:
    # Needs an extra.
    from briefqa.api.observing.tracing import Traces

_log = logging.getLogger(__name__)


class Observer:
    """Watches requests; safe to use from several threads and tasks."""

    def __init__(self, traces: "Traces | None" = None) -> None:
        """Begin to count.

        Args:
            traces: Where the spans of each request go; without it there are none.
        """
        self.metrics = Metrics()
        self._traces = traces

    @contextmanager
    def watching(self, scope: Scope, *, method: str) -> Iterator[ObservedRequest]:
        """Watch one request; whoever enters this says which status was sent.

        Args:
            scope: That which the routes see, and write down in which of them it was.
            method: The one that the client sent.
        """
        request = ObservedRequest(
            bounded_method(method),
            time.perf_counter(),
            Headers(scope=scope).get("traceparent") if self._traces else None,
        )
        with under_way(request):
            try:
                yield request
            finally:
                request.took_s = time.perf_counter() - request.began_s
                request.route = _route_of(scope)
                self._tell(request)

    def close(self) -> None:
        """Send what is still to be sent of traces."""
        if self._traces is not None:
            self._traces.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _tell(self, request: ObservedRequest) -> None:
        self.metrics.count(request)
        fields = _fields(request)
        if self._traces is not None:
            fields["trace_id"] = self._traces.record(request)
        _log.info("request", extra=fields)


def _route_of(scope: Scope) -> str:
    """Return the template of the route that a request went to."""
    route, endpoint = scope.get("route"), scope.get("endpoint")
    if route is None and endpoint is not None:
        # Of a route that is not its own, FastAPI writes down only the endpoint.
        routes = scope["app"].routes
        route = next((each for each in routes if getattr(each, "endpoint", None) is endpoint), None)
    return str(getattr(route, "path_format", NO_ROUTE))


def _fields(request: ObservedRequest) -> dict[str, str | float | None]:
    """Return what a log line says of a request; what does not apply is left out."""
    fields: dict[str, str | float | None] = {
        "method": request.method,
        "route": request.route,
        "status": request.status,
        "duration_ms": round(request.took_s * 1000, 3),
        "outcome": request.outcome,
    }
    if request.results:
        result = request.results[-1]
        fields["generation"] = result.index.generation
        if isinstance(result, Answer):
            fields["answered_by"] = way_of(result)
            if result.fault is not None:
                fields["model_fault"] = result.fault.kind.value
    return fields
