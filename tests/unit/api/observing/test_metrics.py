"""The numbers for Prometheus are true, and tell nothing of what was asked."""

import re
import string
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from starlette.routing import Route
from starlette.testclient import TestClient
from tests.scripted_model import ScriptedModel

from briefqa import Service, build_index, open_index
from briefqa.answering import Writer
from briefqa.api import create_app
from briefqa.api.observing.metrics import Metrics
from briefqa.datatypes import FaultKind, Message
from briefqa.errors import ModelFaultError

_QUESTION = "When was the harbour dredged?"
_OFF_TOPIC = "Who invented zebra crossings on Mars?"
_STAGES = {"embed", "filter", "dense", "lexical", "late", "rank", "extract", "model", "judge"}

_Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def _samples(client: TestClient) -> _Samples:
    """Return every sample, by name and labels, as a parser of Prometheus reads them."""
    reply = client.get("/metrics")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


def _value(samples: _Samples, name: str, **labels: str) -> float:
    return samples.get((name, frozenset(labels.items())), 0.0)


def _by_label(samples: _Samples, name: str, label: str) -> dict[str, float]:
    found: Counter[str] = Counter()
    for (each, labels), value in samples.items():
        if each == name:
            found[dict(labels)[label]] += value  # type: ignore[assignment] # floats count as well
    return dict(found)


@dataclass(frozen=True)
class _Sent:
    """A request, and the route that it should be counted under."""

    method: str
    path: str
    route: str
    body: Mapping[str, object] | None = None


_REQUESTS = [
    _Sent("GET", "/health", "/health"),
    _Sent("HEAD", "/health", "/health"),
    _Sent("GET", "/v1/documents", "/v1/documents"),
    _Sent("GET", "/v1/documents/note.txt", "/v1/documents/{doc_id}"),
    _Sent("GET", "/v1/documents/zanzibar", "/v1/documents/{doc_id}"),
    _Sent("GET", "/zanzibar", "none"),
    _Sent("POST", "/v1/search", "/v1/search", {"question": _QUESTION}),
    _Sent("POST", "/v1/ask", "/v1/ask", {"question": "zanzibar"}),
    _Sent("POST", "/v1/ask", "/v1/ask", {"question": "zanzibar", "top_k": 0}),
    _Sent("POST", "/v1/ask", "/v1/ask", {"question": "zanzibar", "stream": True}),
]


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(_REQUESTS), max_size=8))
def test_requests_are_counted_as_their_sender_counts_them(
    service: Service, sent: list[_Sent]
) -> None:
    """Every request is counted once, under its route, its method and the status that it got."""
    with TestClient(create_app(service)) as client:
        expected: Counter[tuple[str, str, str]] = Counter()
        for each in sent:
            reply = client.request(each.method, each.path, json=each.body)
            expected[each.route, each.method, f"{reply.status_code // 100}xx"] += 1
        samples = _samples(client)

    counted = {
        (labels["route"], labels["method"], labels["status"]): value
        for (name, pairs), value in samples.items()
        if name == "briefqa_requests_total"
        for labels in [dict(pairs)]
    }
    assert counted == expected
    timed = _by_label(samples, "briefqa_request_seconds_count", "route")
    assert sum(timed.values()) == len(sent)


def _templates(app: FastAPI) -> set[str]:
    return {route.path_format for route in app.routes if isinstance(route, Route)}


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["GET", "POST", "PUT", "DELETE", "BREW", "ZANZIBAR"]),
            st.sampled_from(["/", "/v1/ask/", "/v1/documents/", "/documents/", "/assets/a/"]),
            st.text(string.ascii_letters + string.digits + "é/", max_size=12),
        ),
        max_size=8,
    )
)
def test_no_label_is_of_a_client_s_making(
    service: Service, sent: list[tuple[str, str, str]]
) -> None:
    """Labels that grow with what is sent fill the memory, here and in Prometheus."""
    app = create_app(service)
    with TestClient(app, raise_server_exceptions=False) as client:
        for method, start, rest in sent:
            client.request(method, start + rest, headers={"User-Agent": f"zanzibar {method}"})
        samples = _samples(client)

    methods = {"GET", "POST", "PUT", "DELETE", "OTHER"}
    assert set(_by_label(samples, "briefqa_requests_total", "route")) <= _templates(app) | {"none"}
    assert set(_by_label(samples, "briefqa_requests_total", "method")) <= methods


def test_every_route_is_counted_under_its_own_name(service: Service) -> None:
    """One that is lost on the way through the middleware would look as if nobody asked it."""
    app = create_app(service)
    routes = {
        (method, route.path_format)
        for route in app.routes
        if isinstance(route, Route)
        for method in route.methods or set()
    } - {("GET", "/metrics")}
    with TestClient(app, raise_server_exceptions=False) as client:
        for method, path in routes:
            client.request(method, re.sub(r"\{.*?\}", "x", path))
        samples = _samples(client)

    counted = {
        (labels["method"], labels["route"])
        for name, pairs in samples
        if name == "briefqa_requests_total"
        for labels in [dict(pairs)]
    }
    assert routes - counted == set()


def test_questions_are_told_by_what_became_of_them(client: TestClient) -> None:
    """The share of questions declined is what an operator looks at first."""
    answers = [
        client.post("/v1/ask", json={"question": question}).json()
        for question in (_QUESTION, _QUESTION, _OFF_TOPIC)
    ]
    assert [answer["answered"] for answer in answers] == [True, True, False]
    chat = {"model": "briefqa", "messages": [{"role": "user", "content": _QUESTION}]}
    assert client.post("/v1/chat/completions", json=chat).status_code == 200

    samples = _samples(client)

    asked = {"outcome": "answered", "answered_by": "extractive"}
    assert _value(samples, "briefqa_questions_total", **asked) == 3
    declined = {"outcome": "declined", "answered_by": "none"}
    assert _value(samples, "briefqa_questions_total", **declined) == 1
    said = sum(len(answer["sentences"]) for answer in answers) + len(answers[0]["sentences"])
    verdict = {"verdict": "supported", "written_by": "document", "shown": "yes"}
    assert _value(samples, "briefqa_sentences_total", **verdict) == said


def test_stages_are_those_that_ran_and_fit_into_the_request(client: TestClient) -> None:
    """What a question took is spread over its stages, and no more than that."""
    client.post("/v1/ask", json={"question": _QUESTION})
    client.post("/v1/search", json={"question": _QUESTION, "explain": True})

    samples = _samples(client)

    seconds = _by_label(samples, "briefqa_stage_seconds_sum", "stage")
    counts = _by_label(samples, "briefqa_stage_seconds_count", "stage")
    assert {"embed", "dense", "lexical", "rank", "extract"} <= set(seconds) <= _STAGES
    assert counts["embed"] == counts["dense"] == 2
    assert counts["extract"] == 1
    requests = _by_label(samples, "briefqa_request_seconds_sum", "route")
    assert 0 < sum(seconds.values()) < requests["/v1/ask"] + requests["/v1/search"]


@pytest.fixture
def written(index: Path) -> Iterator[Service]:
    """A service with a model that writes one true and one false sentence, and one that fails."""
    good = ScriptedModel(
        lambda messages: [
            f"The harbour was dredged in 1998. [{_key(messages[-1].text)}] ",
            f"The harbour was dredged in 2001. [{_key(messages[-1].text)}] ",
        ]
    )
    bad = ScriptedModel(lambda _: [], ModelFaultError(FaultKind.RATE_LIMITED, "zanzibar"))
    writers = {"good": Writer(good), "bad": Writer(bad)}
    with open_index(index, writers=writers) as service:
        yield service


def _key(prompt: str) -> str:
    return prompt.partition("<passage ")[2][:4]


def test_models_are_told_by_faults_and_verdicts(written: Service) -> None:
    """That a model fails, or is not borne out, shows without a look at any answer."""
    with TestClient(create_app(written)) as client:
        for model in ("good", "bad", "bad"):
            asked = {"question": _QUESTION, "model": model, "stream": model == "good"}
            assert client.post("/v1/ask", json=asked).status_code == 200
        samples = _samples(client)

    assert _by_label(samples, "briefqa_model_faults_total", "kind") == {"rate_limited": 2}
    assert _by_label(samples, "briefqa_questions_total", "answered_by") == {
        "scripted": 1,
        "extractive": 2,
    }
    of_model = {"written_by": "model", "verdict": "supported", "shown": "yes"}
    assert _value(samples, "briefqa_sentences_total", **of_model) == 1
    withheld = {
        verdict: _value(
            samples, "briefqa_sentences_total", verdict=verdict, written_by="model", shown="no"
        )
        for verdict in ("unsupported", "contradicted", "partly")
    }
    assert sum(withheld.values()) == 1
    assert {"model", "judge"} <= set(_by_label(samples, "briefqa_stage_seconds_sum", "stage"))
    assert set(_by_label(samples, "briefqa_stage_seconds_sum", "stage")) <= _STAGES


def test_problems_are_counted_by_kind(client: TestClient) -> None:
    """Also those that a stream or a tool tells after a status of 200."""
    client.post("/v1/ask", json={"question": ""})
    client.get("/nowhere")
    call = {"name": "search", "arguments": {}}
    client.post(
        "/mcp",
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call},
        headers={"Accept": "application/json, text/event-stream"},
    )

    found = _by_label(_samples(client), "briefqa_problems_total", "kind")

    assert found == {"invalid-request": 2, "unknown-route": 1}


def test_index_is_told_as_it_is_now(tmp_path: Path) -> None:
    """A new generation takes the place of the old one, which leaves no number behind."""
    briefs = tmp_path / "briefs"
    briefs.mkdir()
    for name in ("one.txt", "two.txt"):
        (briefs / name).write_text(f"The harbour of {name} was dredged.\n")
        build_index(briefs, tmp_path / "index", embedder="hash")
        with open_index(tmp_path / "index") as service, TestClient(create_app(service)) as client:
            samples = _samples(client)
            info = service.info
        assert _by_label(samples, "briefqa_index_generation", "generation") == {info.generation: 1}
        assert _value(samples, "briefqa_index_documents") == info.documents
        assert _value(samples, "briefqa_index_chunks") == info.chunks
        assert _value(samples, "briefqa_index_degraded") == 0


@dataclass
class _Load:
    under_way: int
    waiting: int
    on_change: Callable[[], None] = lambda: None

    def watch(self, on_change: Callable[[], None]) -> None:
        self.on_change = on_change


def test_load_is_told_as_it_changes() -> None:
    """A gauge that is only now and then brought up to date misses what matters."""
    metrics, load = Metrics(), _Load(3, 7)
    metrics.watch_load(load)
    at_first = metrics.text().decode()
    load.under_way, load.waiting = 2, 0
    load.on_change()

    later = metrics.text().decode()

    assert "\nbriefqa_answers_under_way 3.0\n" in at_first
    assert "\nbriefqa_answers_waiting 7.0\n" in at_first
    assert "\nbriefqa_answers_under_way 2.0\n" in later
    assert "\nbriefqa_answers_waiting 0.0\n" in later
    assert "_created" not in later


def test_answer_under_way_is_seen_while_it_is(index: Path) -> None:
    """Among them is one that waits for its model, and afterwards it is none of them."""
    may_write = threading.Event()

    def script(messages: Sequence[Message]) -> list[str]:
        assert may_write.wait(10)
        return [f"The harbour was dredged in 1998. [{_key(messages[-1].text)}]"]

    writers = {"slow": Writer(ScriptedModel(script))}
    with (
        open_index(index, writers=writers) as service,
        TestClient(create_app(service)) as client,
        ThreadPoolExecutor(1) as others,
    ):
        asked = others.submit(client.post, "/v1/ask", json={"question": _QUESTION, "model": "slow"})
        ends = time.monotonic() + 10
        while not _value(_samples(client), "briefqa_answers_under_way"):
            assert time.monotonic() < ends
        may_write.set()
        assert asked.result().status_code == 200
        samples = _samples(client)

    assert _value(samples, "briefqa_answers_under_way") == 0
    assert _value(samples, "briefqa_answers_waiting") == 0


def test_registry_is_our_own(service: Service) -> None:
    """Two applications in one process do not count each other's requests."""
    with TestClient(create_app(service)) as one, TestClient(create_app(service)) as other:
        one.get("/health")

        assert _by_label(_samples(other), "briefqa_requests_total", "route") == {}


def test_every_metric_is_in_the_page_and_no_other(client: TestClient) -> None:
    """Whoever builds a chart reads there what a number means."""
    page = Path(__file__).parents[4] / "docs" / "how-to" / "watch-a-server.md"
    rows = re.findall(r"^\| `((?:briefqa|process)_\w+)`", page.read_text("utf-8"), re.MULTILINE)
    client.get("/nowhere")

    text = client.get("/metrics").text

    real = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in text_string_to_metric_families(text)
    }
    # Of what no process has everywhere, the page names what Linux tells.
    assert {name for name in rows if name.startswith("briefqa_")} == {
        name for name in real if name.startswith("briefqa_")
    }
    assert {name for name in real if name.startswith("process_")} <= set(rows)
