"""A request and its stages become spans, in names and numbers alone."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from starlette.testclient import TestClient

from briefqa import Service
from briefqa.api import create_app
from briefqa.api.observing.observer import Observer
from briefqa.api.observing.telemetry import INSTALL, traces_wanted
from briefqa.api.observing.tracing import Traces
from briefqa.errors import BackendError

_CANARY = "zanzibar"
_QUESTION = "When was the harbour dredged?"
_TRACE, _PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
_HEADERS = {
    "traceparent": f"00-{_TRACE}-{_PARENT}-01",
    "tracestate": f"vendor={_CANARY}",
    "baggage": f"user={_CANARY}",
    "User-Agent": _CANARY,
    "Authorization": f"Bearer {_CANARY}-{_CANARY}",
}
_ATTRIBUTES = {
    "http.request.method": str,
    "http.route": str,
    "http.response.status_code": int,
    "briefqa.outcome": str,
    "briefqa.generation": str,
    "briefqa.passages": int,
    "briefqa.answered_by": str,
    "briefqa.sentences": int,
    "briefqa.sentences_withheld": int,
    "briefqa.citations": int,
    "briefqa.confidence": float,
    "briefqa.model_fault": str,
}


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    """Keeps what was sent."""
    return InMemorySpanExporter()


@pytest.fixture
def client(service: Service, exporter: InMemorySpanExporter) -> Iterator[TestClient]:
    """A client of an application that sends its spans there."""
    traces = Traces(SimpleSpanProcessor(exporter), version="1")
    app = create_app(service, observer=Observer(traces))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client
    traces.close()


def _request_span(exporter: InMemorySpanExporter) -> ReadableSpan:
    (found,) = [span for span in exporter.get_finished_spans() if "/" in span.name]
    return found


@pytest.mark.parametrize("stream", [False, True])
def test_answer_is_a_span_with_its_stages_inside(
    client: TestClient, exporter: InMemorySpanExporter, *, stream: bool
) -> None:
    """What a slow question spent its time on is seen at a glance."""
    asked = {"question": _QUESTION, "stream": stream}
    assert client.post("/v1/ask", json=asked).status_code == 200

    request = _request_span(exporter)
    stages = [span for span in exporter.get_finished_spans() if span is not request]
    assert request.name == "POST /v1/ask"
    assert request.parent is None
    assert {"embed", "dense", "lexical", "rank", "extract"} <= {span.name for span in stages}
    assert request.start_time is not None
    assert request.end_time is not None
    before = request.start_time
    for span in stages:
        assert span.parent is not None
        assert span.parent.span_id == request.context.span_id
        assert span.context.trace_id == request.context.trace_id
        assert span.start_time is not None
        assert span.end_time is not None
        # One after the other, and none outside of the request.
        assert before - 1_000 <= span.start_time <= span.end_time <= request.end_time
        before = span.end_time


def test_trace_of_the_client_is_gone_on_with(
    client: TestClient, exporter: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    """A trace leads from the front end through us; its free text stays with the client."""
    caplog.set_level("INFO")
    client.post("/v1/search", json={"question": _QUESTION}, headers=_HEADERS)

    request = _request_span(exporter)
    assert f"{request.context.trace_id:032x}" == _TRACE
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" == _PARENT
    assert not request.context.trace_state
    (line,) = [record for record in caplog.records if record.message == "request"]
    assert vars(line)["trace_id"] == _TRACE


@pytest.mark.parametrize(
    "given",
    ["", "x", f"00-{_TRACE}", f"00-{'0' * 32}-{_PARENT}-01", f"ff-{_TRACE}-{_PARENT}-01", "é" * 99],
)
def test_broken_traceparent_begins_a_trace_of_our_own(
    client: TestClient, exporter: InMemorySpanExporter, given: str
) -> None:
    """Whatever a client sends, the request is answered and traced."""
    reply = client.get("/health", headers={b"traceparent": given.encode()})

    assert reply.status_code == 200
    assert _request_span(exporter).parent is None


def test_client_decides_that_its_trace_is_not_kept(
    client: TestClient, exporter: InMemorySpanExporter
) -> None:
    """The last two digits say so."""
    client.get("/health", headers={"traceparent": f"00-{_TRACE}-{_PARENT}-00"})

    assert exporter.get_finished_spans() == ()


def test_spans_hold_names_and_numbers_alone(
    client: TestClient, exporter: InMemorySpanExporter
) -> None:
    """Whatever is asked, sent or looked up by anyone stays here."""
    for path in ("/v1/ask", "/v1/search", "/v1/verify", "/v1/chat/completions", "/mcp", "/nope"):
        for body in ({"question": f"{_CANARY} harbour?"}, {_CANARY: 1}, [_CANARY]):
            client.post(f"{path}?{_CANARY}=1", json=body, headers=_HEADERS)
    for path in (f"/v1/documents/{_CANARY}", f"/documents/{_CANARY}", f"/{_CANARY}"):
        client.request(_CANARY.upper(), path, headers=_HEADERS)
        client.get(path, headers=_HEADERS)
        client.put(path, content=_CANARY, headers=_HEADERS)

    spans = exporter.get_finished_spans()
    assert len(spans) > 20
    for span in spans:
        assert _CANARY not in span.to_json().lower()
        for name, value in (span.attributes or {}).items():
            assert isinstance(value, _ATTRIBUTES[name])
        assert not span.events
        assert not span.links
    # Neither the user's name, nor the command line, nor the machine's.
    assert set(spans[0].resource.attributes) == {"service.name", "service.version"}


def test_failure_is_marked(
    service: Service, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trace of a failed request is found by its status; a client's mistake is none of ours."""
    traces = Traces(SimpleSpanProcessor(exporter), version="1")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(_CANARY)

    monkeypatch.setattr(service, "search", fail)
    app = create_app(service, observer=Observer(traces))
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.post("/v1/search", json={"question": "x"}).status_code == 500
        assert client.post("/v1/search", json={"question": "x", "top_k": 0}).status_code == 422

    failed, refused = exporter.get_finished_spans()
    assert failed.status.status_code is StatusCode.ERROR
    assert refused.status.status_code is StatusCode.UNSET
    assert (failed.attributes or {})["briefqa.outcome"] == "internal-error"
    assert _CANARY not in failed.to_json()


@contextmanager
def _receiver() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Listen as a collector does; give its address and what it was sent."""
    got: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - as the base class has it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_spans_arrive_over_a_real_socket(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """A collector reads them by its own definition of the protocol."""
    with _receiver() as (url, got):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
        with (
            Observer(traces_wanted(None, os.environ)) as observer,
            TestClient(create_app(service, observer=observer)) as client,
        ):
            client.post("/v1/ask", json={"question": f"{_CANARY} {_QUESTION}"}, headers=_HEADERS)

    assert {path for path, _ in got} == {"/v1/traces"}
    spans, resource = [], {}
    for _, body in got:
        assert _CANARY.encode() not in body.lower()
        for part in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource = {each.key: each.value.string_value for each in part.resource.attributes}
            spans += [span for scope in part.scope_spans for span in scope.spans]
    assert resource["service.name"] == "briefqa"
    assert resource["deployment.environment.name"] == "test"
    assert {span.trace_id.hex() for span in spans} == {_TRACE}
    assert {"POST /v1/ask", "embed", "dense", "lexical"} <= {span.name for span in spans}


def test_end_does_not_wait_for_a_collector_that_is_not_there(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server stops within its grace, whatever became of whoever listens to it."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    observer = Observer(traces_wanted(True, os.environ))  # noqa: FBT003 - as the setting is
    with TestClient(create_app(service, observer=observer)) as client:
        assert client.get("/health").status_code == 200

    ending = threading.Thread(target=observer.close)
    ending.start()
    ending.join(timeout=5)

    assert not ending.is_alive()


@pytest.mark.parametrize(
    ("setting", "environment"),
    [
        (None, {}),
        (None, {"OTEL_EXPORTER_OTLP_ENDPOINT": " "}),
        (False, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}),
    ],
)
def test_nothing_is_sent_that_nobody_asked_for(
    *, setting: bool | None, environment: dict[str, str]
) -> None:
    """Traces go to another machine: only on purpose."""
    assert traces_wanted(setting, environment) is None


def test_missing_extra_is_named_by_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The setting is refused, and the variable, which may be meant for others, is not."""
    for name in [each for each in sys.modules if each.startswith("briefqa.api.observing.tracing")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)

    with pytest.raises(BackendError, match=re.escape(INSTALL)) as caught:
        traces_wanted(True, {})  # noqa: FBT003 - as the setting is
    found = traces_wanted(None, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"})

    assert caught.value.exit_code == 5
    assert found is None
    assert INSTALL in caplog.text


def test_api_imports_nothing_of_the_extra() -> None:
    """Who sends no traces does not wait for the import, and need not have it installed."""
    code = (
        "import sys, json, briefqa.api;"
        "print(json.dumps([m for m in sys.modules if m.startswith('opentelemetry.sdk')"
        " or m.startswith('opentelemetry.exporter')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert json.loads(done.stdout) == []


def test_install_hint_is_an_extra_that_there_is() -> None:
    """The command in the error works."""
    text = (Path(__file__).parents[4] / "pyproject.toml").read_text("utf-8")
    extra = re.findall(r"\[(\w+)\]", INSTALL)[0]

    assert re.search(rf"^{extra} = \[", text, re.MULTILINE)
