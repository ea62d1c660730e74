"""Spans for OpenTelemetry: names and numbers of requests and their stages, never what was said."""

import threading
import time
from typing import Final, Self

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import (
    Span,
    SpanKind,
    StatusCode,
    Tracer,
    format_trace_id,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from briefqa.api.observing.request import NO_ROUTE, ObservedRequest, way_of
from briefqa.datatypes import Answer, SearchResult, StageTime

_NANOSECONDS: Final = 1_000_000_000
_FIRST_SERVER_ERROR: Final = 500
_PATIENCE_S: Final = 2.0
_MOST_STAGES: Final = 100
"""A model that writes many short sentences would otherwise fill a trace by itself."""


class _Exporter(OTLPSpanExporter):
    """Ends once, however often it is told to."""

    _is_ended = False

    def shutdown(self) -> None:
        if not self._is_ended:
            self._is_ended = True
            super().shutdown()  # type: ignore[no-untyped-call] # the library's own


class Traces:
    """Sends the spans of each request; safe to use from several threads."""

    def __init__(
        self, processor: SpanProcessor, *, version: str, exporter: SpanExporter | None = None
    ) -> None:
        """Begin to send.

        Args:
            processor: What takes the spans.
            version: That of this package.
            exporter: What is told that there is no more time, a while after the end.
        """
        self._exporter = exporter
        ours = Resource({"service.name": "briefqa", "service.version": version})
        self._provider = TracerProvider(
            # Not `Resource.create`, which may tell the command line and the user's name.
            resource=ours.merge(OTELResourceDetector().detect()),
            shutdown_on_exit=False,
            meter_provider=NoOpMeterProvider(),
        )
        self._provider.add_span_processor(processor)
        self._tracer: Tracer = self._provider.get_tracer("briefqa", version)

    @classmethod
    def over_http(cls, *, version: str) -> Self:
        """Return traces that go where the variables ``OTEL_EXPORTER_OTLP_*`` say."""
        exporter = _Exporter(meter_provider=NoOpMeterProvider())
        processor = BatchSpanProcessor(exporter, meter_provider=NoOpMeterProvider())
        return cls(processor, version=version, exporter=exporter)

    def record(self, request: ObservedRequest) -> str:
        """Send a request that has just ended; return the id of its trace, 32 hex digits.

        A trace that the client says it is part of is gone on with.
        """
        # The spans are made afterwards, from one clock to another.
        epoch = time.time_ns() - int(time.perf_counter() * _NANOSECONDS)
        began = epoch + int(request.began_s * _NANOSECONDS)
        name = f"{request.method} {request.route}"
        span = self._tracer.start_span(
            request.method if request.route == NO_ROUTE else name,
            _parent(request),
            SpanKind.SERVER,
            _attributes(request),
            start_time=began,
        )
        if span.is_recording():
            if (request.status or 0) >= _FIRST_SERVER_ERROR or _broke_off(request):
                span.set_status(StatusCode.ERROR)
            stages = [stage for result in request.results for stage in result.stages]
            self._record_stages(span, stages[:_MOST_STAGES], epoch)
        span.end(began + int(request.took_s * _NANOSECONDS))
        return format_trace_id(span.get_span_context().trace_id)

    def close(self) -> None:
        """Send what is still to be sent, for up to two seconds, and end."""
        if self._exporter is None:
            self._provider.shutdown()
            return
        # The library waits for half a minute for a collector that is not there.
        late = threading.Timer(_PATIENCE_S, self._exporter.shutdown)
        late.start()
        try:
            self._provider.shutdown()
        finally:
            late.cancel()

    def _record_stages(self, parent: Span, stages: list[StageTime], epoch: int) -> None:
        context = set_span_in_context(parent, Context())
        for stage in stages:
            began = epoch + int(stage.began_s * _NANOSECONDS)
            span = self._tracer.start_span(stage.name, context, start_time=began)
            span.end(began + int(stage.took_s * _NANOSECONDS))


def _parent(request: ObservedRequest) -> Context:
    """Return the span that the client says is the request's, if it says so properly.

    Its tracestate is not taken over: that is text of the client's own.
    """
    given = {"traceparent": request.traceparent} if request.traceparent else {}
    return TraceContextTextMapPropagator().extract(given, Context())


def _broke_off(request: ObservedRequest) -> bool:
    """Say whether a stream ended with an error, after a status that promised none."""
    return request.problem is not None and request.status in {None, 200}


def _attributes(request: ObservedRequest) -> dict[str, AttributeValue]:
    found: dict[str, AttributeValue] = {
        "http.request.method": request.method,
        "briefqa.outcome": request.outcome,
    }
    if request.route != NO_ROUTE:
        found["http.route"] = request.route
    if request.status is not None:
        found["http.response.status_code"] = request.status
    if request.results:
        found |= _of_result(request.results[-1])
    return found


def _of_result(result: Answer | SearchResult) -> dict[str, AttributeValue]:
    found: dict[str, AttributeValue] = {
        "briefqa.generation": result.index.generation,
        "briefqa.passages": len(result.passages),
    }
    if isinstance(result, Answer):
        found |= {
            "briefqa.answered_by": way_of(result),
            "briefqa.sentences": len(result.sentences),
            "briefqa.sentences_withheld": len(result.withheld),
            "briefqa.citations": len(result.citations),
            "briefqa.confidence": result.confidence,
        }
        if result.fault is not None:
            found["briefqa.model_fault"] = result.fault.kind.value
    return found
