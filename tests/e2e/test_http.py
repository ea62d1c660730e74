"""The HTTP service as its clients meet it: another process, a real socket."""

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import httpx2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from briefqa import build_index, open_index
from briefqa.api.judgements import VerifyReply
from briefqa.api.schemas import (
    AnswerReply,
    DocumentReply,
    DocumentsReply,
    HealthReply,
    ReadyReply,
    SearchReply,
)
from briefqa.wire import answer_to_wire, search_to_wire

_DRIVER = """
import sys
from briefqa import open_index
from briefqa.api import serve
from briefqa.logs import LogForm, configure_logging

configure_logging(LogForm.JSON)
index, host = sys.argv[1:]
with open_index(index) as service:
    try:
        serve(service, host=host, port=0, on_ready=lambda url: print(url, flush=True))
    except KeyboardInterrupt:
        sys.exit(130)
"""

_QUESTIONS = [
    "The harbour fund holds how many million pounds?",
    "When did the ferry to the island begin?",
    "Who repairs the lighthouse?",
    "How long are records kept?",
]
_BODY = "The harbour fund holds 3 million pounds [7]. It was set up in 2020."
_FILES = {
    "plain.txt": "Fishing quotas rose by 4 per cent in 2023. Boats are inspected each spring.\n",
    "dir one/what? #1 100%.md": f"# Money\n\n{_BODY}\n",
    "réport/naïve 🚢.md": (
        "# Ferries\n\nThe ferry to the island began in 1931. 🚢 It sails twice a day.\n"
    ),
}
_RECORDS: list[dict[str, Any]] = [
    {"_id": "a", "text": "The lighthouse is repaired by the harbour board."},
    {"_id": "a/text", "text": "Records are kept for ten years.", "n": float("nan"), "s": "\ud800"},
    {"_id": "text", "text": "Nets must be marked with the owner's number."},
    {"_id": "x%2Fy?z=1&q#f", "text": "Buoys are painted green or red."},
    {"_id": "two\nlines", "text": "Ropes are made of hemp."},
]


@dataclass(frozen=True)
class _Served:
    """A server in a process of its own."""

    url: str
    process: subprocess.Popen[str]
    log: Path

    def log_lines(self) -> list[dict[str, Any]]:
        """Return what it logged so far."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def log_of(self, last: str) -> dict[str, dict[str, Any]]:
        """Return its lines by request, once that of ``last``, which follows the reply, is there."""
        ends = time.monotonic() + 10
        while True:
            found = {line["request_id"]: line for line in self.log_lines() if "request_id" in line}
            if last in found or time.monotonic() > ends:
                return found
            time.sleep(0.01)


@contextmanager
def _serving(index: Path, log: Path, host: str = "127.0.0.1") -> Iterator[_Served]:
    command = [sys.executable, "-c", _DRIVER, str(index), host]
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            assert url, log.read_text(encoding="utf-8")
            yield _Served(url, process, log)
        finally:
            process.kill()


def _write_briefs(folder: Path) -> None:
    for name, text in _FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    lines = "".join(json.dumps(record) + "\n" for record in _RECORDS)
    (folder / "records.jsonl").write_text(lines, encoding="utf-8")


@pytest.fixture(scope="module")
def briefs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of documents whose names are hard to put into a URL."""
    folder = tmp_path_factory.mktemp("briefs")
    _write_briefs(folder)
    return folder


@pytest.fixture(scope="module")
def index(briefs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the briefs."""
    folder = tmp_path_factory.mktemp("served") / "index"
    build_index(briefs, folder, embedder="hash")
    return folder


@pytest.fixture(scope="module")
def server(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Served]:
    """A server that all tests of this module share."""
    with _serving(index, tmp_path_factory.mktemp("log") / "log") as served:
        yield served


@pytest.fixture(scope="module")
def client(server: _Served) -> Iterator[httpx2.Client]:
    """A client of the server."""
    with httpx2.Client(base_url=server.url, timeout=30) as client:
        yield client


def _timeless(reply: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reply.items() if name != "took_ms"}


def _problem(response: httpx2.Response, status: int, name: str) -> dict[str, Any]:
    """Check that the response is the problem expected, and return it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["type"] == f"urn:problem-type:briefqa:{name}"
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    assert found["instance"] == response.request.url.raw_path.decode().partition("?")[0]
    assert "Traceback" not in response.text
    return found


def test_ask_and_search_give_what_the_service_gives(client: httpx2.Client, index: Path) -> None:
    """HTTP, terminal and Python show one and the same answer."""
    with open_index(index) as service:
        for question, where in product(_QUESTIONS, ([], ["doc_id!=text", "source~.jsonl"])):
            body = {"question": question, "top_k": 3, "filters": where}
            asked = client.post("/v1/ask", json=body).json()
            found = client.post("/v1/search", json=body).json()

            # Through JSON, because a pair and a list are the same there.
            answer = answer_to_wire(service.ask(question, top_k=3, where=where))
            result = search_to_wire(service.search(question, top_k=3, where=where))
            assert _timeless(asked) == _timeless(json.loads(json.dumps(answer)))
            assert _timeless(found) == _timeless(json.loads(json.dumps(result)))
            assert len(found["passages"]) == 3
            assert found["filters"] == where


def test_some_question_is_answered_with_citations(client: httpx2.Client) -> None:
    """The other tests of answers would say nothing if every one were declined."""
    answers = [client.post("/v1/ask", json={"question": q}).json() for q in _QUESTIONS]

    assert any(answer["answered"] and answer["citations"] for answer in answers)


def test_replies_have_the_shape_that_is_documented(client: httpx2.Client) -> None:
    """No field is added, renamed or dropped without the OpenAPI document saying so."""
    for question in _QUESTIONS:
        asked = client.post("/v1/ask", json={"question": question}).json()
        AnswerReply.model_validate(asked)
        SearchReply.model_validate(client.post("/v1/search", json={"question": question}).json())
        VerifyReply.model_validate(client.post("/v1/verify", json=asked).json())
    DocumentsReply.model_validate(client.get("/v1/documents").json())
    DocumentReply.model_validate(client.get("/v1/documents/plain.txt").json())
    HealthReply.model_validate(client.get("/health").json())
    ReadyReply.model_validate(client.get("/ready").json())


_HOSTILE_BODIES = [
    ("unknown field", {"question": "x", "streams": True}, "#/streams", "not a field"),
    ("no question", {"top_k": 1}, "#/question", "required"),
    ("question of spaces", {"question": " \t\n "}, "#/question", "empty"),
    ("question too long", {"question": "x" * 5000}, "#/question", "5000"),
    ("question a number", {"question": 7}, "#/question", "found 7"),
    ("half a character", {"question": "\ud800"}, "#/question", "Unicode"),
    ("top_k 0", {"question": "x", "top_k": 0}, "#/top_k", "between 1 and 100, found 0"),
    ("top_k huge", {"question": "x", "top_k": 10**9}, "#/top_k", "found 1000000000"),
    ("top_k a string", {"question": "x", "top_k": "5"}, "#/top_k", 'found "5"'),
    ("top_k a float", {"question": "x", "top_k": 5.0}, "#/top_k", "found 5.0"),
    ("top_k a boolean", {"question": "x", "top_k": True}, "#/top_k", "found true"),
    ("a list", [1], "#", "a JSON object, found a list of 1"),
    ("filters a string", {"question": "x", "filters": "tag=x"}, "#/filters", "must be a list"),
    ("filter unknown", {"question": "x", "filters": ["tug=x"]}, "#/filters/0", "mean tag?"),
    ("filter null", {"question": "x", "filters": ["tag=x", None]}, "#/filters/1", "null"),
    ("a field with a slash", {"question": "x", "a/b~c d": 1}, "#/a~1b~0c%20d", "not a field"),
]


@pytest.mark.parametrize("route", ["/v1/ask", "/v1/search"])
@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [case[1:] for case in _HOSTILE_BODIES],
    ids=[case[0] for case in _HOSTILE_BODIES],
)
def test_invalid_field_is_named_with_what_was_found(
    client: httpx2.Client, route: str, body: object, pointer: str, words: str
) -> None:
    """Whoever wrote the request sees what to change, and where."""
    response = client.post(
        route, content=json.dumps(body), headers={"Content-Type": "application/json"}
    )

    (error,) = _problem(response, 422, "invalid-request")["errors"]
    assert error["pointer"] == pointer
    assert words in error["detail"]


@pytest.mark.parametrize(
    ("content", "content_type", "status", "name"),
    [
        (b'{"question": "x"', "application/json", 400, "broken-json"),
        (b"\xff\xfe{", "application/json", 400, "broken-json"),
        (b"[" * 200_000, "application/json", 400, "broken-json"),
        (b'{"question": ' + b"9" * 5000 + b"}", "application/json", 400, "broken-json"),
        (b'{"question": "x", "top_k": NaN}', "application/json", 400, "broken-json"),
        (b'{"question": "x", "question": "y"}', "application/json", 400, "broken-json"),
        (b'{"question": "x"}', "text/plain", 415, "not-json"),
        (b'{"question": "x"}', "application/json; charset=latin1", 415, "not-json"),
        (b'{"question": "x"}', "application/x-www-form-urlencoded", 415, "not-json"),
        (b"", "application/json", 422, "invalid-request"),
        (b"null", "application/json", 422, "invalid-request"),
        (b" " * (2**20 + 1), "application/json", 413, "body-too-large"),
        (b" " * 5_000_000, "application/json", 413, "body-too-large"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_unreadable_body_gets_its_own_status(
    client: httpx2.Client, content: bytes, content_type: str, status: int, name: str
) -> None:
    """Broken, mistyped and oversized bodies are told apart."""
    response = client.post("/v1/ask", content=content, headers={"Content-Type": content_type})

    _problem(response, status, name)


def test_body_sent_in_pieces_is_limited_as_well(client: httpx2.Client) -> None:
    """A body without a declared length must not fill the memory."""
    response = client.post(
        "/v1/ask",
        content=(b" " * 100_000 for _ in range(20)),
        headers={"Content-Type": "application/json"},
    )

    _problem(response, 413, "body-too-large")


def test_body_of_exactly_the_limit_is_read(client: httpx2.Client) -> None:
    """The limit stated is the limit held."""
    body = json.dumps({"question": _QUESTIONS[0]}).encode().ljust(2**20)

    response = client.post("/v1/ask", content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 200


def test_unknown_routes_and_methods_are_problems(client: httpx2.Client) -> None:
    """A mistyped address is explained in the same form as anything else."""
    for path in ["/nope", "/v1", "/v1/ask/", "/redoc", "/docs/__init__.py", "/docs/..%2Fx"]:
        _problem(client.get(path), 404, "unknown-route")
    refused = client.get("/v1/ask")
    _problem(refused, 405, "method-not-allowed")
    assert refused.headers["allow"] == "POST"
    _problem(client.patch("/v1/documents/plain.txt"), 405, "method-not-allowed")
    _problem(client.delete("/v1/documents/plain.txt"), 403, "changes-off")


def test_half_a_request_does_not_stop_the_server(server: _Served, client: httpx2.Client) -> None:
    """A client that goes away in the middle is no event for anyone else."""
    host, port = server.url.removeprefix("http://").split(":")
    head = b"POST /v1/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head + b'Content-Length: 100\r\n\r\n{"question": "x"}')

    assert client.get("/health").status_code == 200
    assert not [line for line in server.log_lines() if line["level"] == "error"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4)
    ),
    max_leaves=12,
)
_FIELDS = {
    "question": _JSON,
    "top_k": _JSON | st.integers(1, 100),
    "filters": _JSON
    | st.lists(
        st.text(st.characters())
        | st.sampled_from(["published>=2025", "author~x", 'tag="', "metadata.n<3", "tag=\ud800"])
        | st.fixed_dictionaries({"field": _JSON | st.just("tag"), "op": _JSON, "value": _JSON})
    ),
    "answer": _JSON | st.just("It is so [1] [2]."),
    "citations": _JSON
    | st.lists(
        st.fixed_dictionaries(
            {
                "doc_id": st.sampled_from(["a", "plain.txt", "\x00"]) | _JSON,
                "start": st.integers(),
                "end": st.integers(),
                "quote": st.text(st.characters()),
                "text_sha256": st.text(),
                "file_sha256": st.text(),
            },
            optional={"number": st.integers(), "\ud800": st.none()},
        ),
        max_size=3,
    ),
}
_REQUESTS = _JSON | st.fixed_dictionaries({}, optional=_FIELDS)
_ROUTES = st.sampled_from(["/v1/ask", "/v1/search", "/v1/verify"])


@settings(max_examples=300)
@given(route=_ROUTES, body=_REQUESTS)
@example(route="/v1/ask", body={"question": "x", "\ud800": 1})
@example(route="/v1/verify", body={"citations": [], "answer": "\udfff"})
def test_no_json_body_makes_the_server_fail(
    client: httpx2.Client, route: str, body: object
) -> None:
    """Whatever JSON is sent, it is answered or refused, and never breaks anything."""
    response = client.post(
        route, content=json.dumps(body), headers={"Content-Type": "application/json"}
    )

    assert response.status_code in {200, 400, 422}, response.text
    assert isinstance(response.json(), dict)


@settings(max_examples=150)
@given(route=_ROUTES, body=st.binary(max_size=200))
def test_no_bytes_make_the_server_fail(client: httpx2.Client, route: str, body: bytes) -> None:
    """The same for what is not even JSON."""
    response = client.post(route, content=body, headers={"Content-Type": "application/json"})

    assert response.status_code in {200, 400, 422}, response.text
    assert isinstance(response.json(), dict)


def test_questions_at_once_are_answered_as_one_by_one(client: httpx2.Client) -> None:
    """Threads share the index and the model, and must not mix up what they found."""
    bodies = [{"question": q, "top_k": k} for q in _QUESTIONS for k in (1, 5)] * 4

    def ask(body: Mapping[str, object]) -> dict[str, Any]:
        return _timeless(client.post("/v1/ask", json=body).raise_for_status().json())

    alone = [ask(body) for body in bodies]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(ask, bodies))

    assert together == alone


@pytest.fixture
def answer(client: httpx2.Client) -> dict[str, Any]:
    """An answer with citations, one of them with a bracketed number in its quote."""
    reply: dict[str, Any] = client.post("/v1/ask", json={"question": _QUESTIONS[0]}).json()
    assert any("[7]" in citation["quote"] for citation in reply["citations"])
    return reply


def test_answer_posted_back_holds(client: httpx2.Client, answer: dict[str, Any]) -> None:
    """What the service says can be checked by anyone who received it."""
    checked = client.post("/v1/verify", json=answer).json()

    assert checked["holds"] is True
    assert [r["number"] for r in checked["receipts"]] == [c["number"] for c in answer["citations"]]
    assert all(r["holds"] and r["problem"] is None for r in checked["receipts"])


@pytest.mark.parametrize(
    "change",
    [
        {"quote": "The harbour fund holds 4 million pounds [7]."},
        {"start": 0},
        {"end": 10**6},
        {"doc_id": "plain.txt"},
        {"doc_id": "nope"},
        {"text_sha256": "0" * 64},
        {"file_sha256": "0" * 64},
    ],
    ids=str,
)
def test_changed_citation_does_not_hold(
    client: httpx2.Client, answer: dict[str, Any], change: dict[str, Any]
) -> None:
    """A quote that was tampered with is caught, and said to be what is wrong."""
    citation = next(c for c in answer["citations"] if "[7]" in c["quote"])

    checked = client.post("/v1/verify", json={"citations": [{**citation, **change}]}).json()

    assert checked["holds"] is False
    assert checked["receipts"][0]["problem"]


def test_number_without_a_citation_does_not_hold(
    client: httpx2.Client, answer: dict[str, Any]
) -> None:
    """An invented [n] is as wrong as an invented quote."""
    forged = {**answer, "answer": answer["answer"] + " All is well [99]."}

    checked = client.post("/v1/verify", json=forged).json()

    assert checked["holds"] is False
    (wrong,) = [r for r in checked["receipts"] if not r["holds"]]
    assert wrong["number"] == 99
    assert "[99]" in wrong["problem"]


def test_too_many_citations_are_refused(client: httpx2.Client) -> None:
    """One request cannot keep a thread busy for minutes."""
    claim = {
        "doc_id": "a",
        "start": 0,
        "end": 1,
        "quote": "T",
        "text_sha256": "",
        "file_sha256": "",
    }

    most = client.post("/v1/verify", json={"citations": [claim] * 1000})
    refused = client.post("/v1/verify", json={"citations": [claim] * 1001})

    assert most.status_code == 200
    assert "1000" in _problem(refused, 422, "invalid-request")["errors"][0]["detail"]


def test_every_document_and_text_can_be_fetched(client: httpx2.Client, index: Path) -> None:
    """Ids hold slashes, spaces, signs of URLs and other scripts, and all lead to their text."""
    with open_index(index) as service:
        expected = {info.doc_id: service.document(info.doc_id) for info in service.documents()}
    assert {*_FILES, *(record["_id"] for record in _RECORDS)} == set(expected)

    for doc_id, document in expected.items():
        for path in {quote(doc_id, safe="/"), quote(doc_id, safe="")}:
            known = client.get(f"/v1/documents/{path}").json()
            assert known["doc_id"] == doc_id
            assert known["characters"] == len(document.text)
            if doc_id == "a":  # Its text's address is that of the document a/text.
                continue
            text = client.get(f"/v1/documents/{path}/text")
            assert text.headers["content-type"] == "text/plain; charset=utf-8"
            assert text.content.decode() == document.text
            digest = hashlib.sha256(text.content).hexdigest()
            assert text.headers["x-text-sha256"] == digest == known["text_sha256"]


def test_exact_id_wins_over_the_text_of_another(client: httpx2.Client) -> None:
    """Where an address could mean two things, it means the document of that id."""
    assert client.get("/v1/documents/a/text").json()["doc_id"] == "a/text"
    assert client.get("/v1/documents/text").json()["doc_id"] == "text"


def test_unknown_documents_are_problems(client: httpx2.Client) -> None:
    """A document that is gone is told apart from a mistyped route."""
    for path in ["nope", "nope/text", "", "plain.txt/", "a/b/text"]:
        _problem(client.get(f"/v1/documents/{path}"), 404, "unknown-document")


def test_unchanged_text_is_not_sent_again(client: httpx2.Client) -> None:
    """A page that shows a source need not fetch it twice."""
    path = "/v1/documents/plain.txt/text"
    tag = client.get(path).headers["etag"]

    for known in [tag, f'"x", W/{tag}', "*"]:
        again = client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(path, headers={"If-None-Match": '"x"'}).status_code == 200


def test_documents_are_listed_in_parts(client: httpx2.Client) -> None:
    """A large catalogue can be walked through, and nothing is shown twice or missed."""
    whole = client.get("/v1/documents").json()
    total = len(_FILES) + len(_RECORDS)
    assert whole["total"] == whole["index"]["documents"] == len(whole["documents"]) == total

    parts = [
        client.get("/v1/documents", params={"limit": 3, "offset": offset}).json()["documents"]
        for offset in range(0, total, 3)
    ]

    assert [d for part in parts for d in part] == whole["documents"]
    assert client.get("/v1/documents", params={"offset": total}).json()["documents"] == []


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"offset": -1}, "offset"),
        ({"page": 2}, "page"),
        ({"where": "pubished>2025"}, "where"),
        ({"where": ["tag=x"] * 21}, "where"),
    ],
    ids=str,
)
def test_invalid_parameter_is_named(
    client: httpx2.Client, params: dict[str, Any], parameter: str
) -> None:
    """The same care for the query string as for a body."""
    response = client.get("/v1/documents", params=params)

    (error,) = _problem(response, 422, "invalid-request")["errors"]
    assert error["parameter"] == parameter


def test_head_is_get_without_the_body(client: httpx2.Client) -> None:
    """Health checks and link checkers use it."""
    for path in ["/health", "/v1/documents/plain.txt/text"]:
        whole, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(whole.content))


def test_request_id_is_echoed_or_made(client: httpx2.Client) -> None:
    """A reply, an error and a log line can be told to belong together."""
    for path, status in [("/health", 200), ("/nope", 404), ("/v1/ask", 405)]:
        given = client.get(path, headers={"X-Request-ID": "team-7:abc.1"})
        assert (given.status_code, given.headers["x-request-id"]) == (status, "team-7:abc.1")
        for bad in ["a b", "x" * 129, "é", '"', ""]:
            made = client.get(path, headers=[(b"X-Request-ID", bad.encode())])
            assert re.fullmatch("[0-9a-f]{32}", made.headers["x-request-id"])
    oversized = client.post("/v1/ask", content=b" " * 2**21, headers={"X-Request-ID": "big"})
    assert oversized.headers["x-request-id"] == "big"


def test_log_has_a_line_a_request_and_no_question(client: httpx2.Client, server: _Served) -> None:
    """Operators see what happens; what people asked is nobody's business."""
    client.post("/v1/ask", json={"question": "zanzibar?"}, headers={"X-Request-ID": "log-1"})
    client.get("/v1/documents/zanzibar", headers={"X-Request-ID": "log-2"})
    client.post("/v1/ask", content=b"zanzibar", headers={"X-Request-ID": "log-3"})

    lines = server.log_of("log-3")

    shown = [
        tuple(lines[f"log-{n}"][name] for name in ("method", "route", "status")) for n in (1, 2, 3)
    ]
    assert shown == [
        ("POST", "/v1/ask", 200),
        ("GET", "/v1/documents/{doc_id}", 404),
        ("POST", "/v1/ask", 415),
    ]
    assert all(lines[f"log-{n}"]["duration_ms"] > 0 for n in (1, 2, 3))
    assert "zanzibar" not in server.log.read_text(encoding="utf-8")
    assert "harbour" not in server.log.read_text(encoding="utf-8")


def test_docs_page_loads_nothing_from_elsewhere(client: httpx2.Client) -> None:
    """The page works on a machine without a network."""
    page = client.get("/docs").text

    urls = re.findall(r"""(?:href|src|url)\s*[=:]\s*["']([^"']+)""", page)
    assert len(urls) == 4
    assert "://" not in page
    for url in urls:
        loaded = client.get(urljoin("/docs", url))
        assert loaded.status_code == 200
        assert loaded.content
    style = client.get("/docs/swagger-ui.css").text
    assert [
        u for u in re.findall(r"url\(([^)]+)\)", style) if not u.strip("\"'").startswith("data:")
    ] == []
    assert client.get("/docs/favicon-32x32.png").headers["content-type"] == "image/png"


def test_openapi_document_describes_replies_and_problems(client: httpx2.Client) -> None:
    """Clients can be generated from it."""
    document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]

    assert set(document["paths"]) >= {"/v1/ask", "/v1/documents/{doc_id}/text", "/ready"}
    responses = document["paths"]["/v1/ask"]["post"]["responses"]
    reply = responses["200"]["content"]["application/json"]["schema"]
    problem = responses["default"]["content"]["application/problem+json"]["schema"]
    assert reply == {"$ref": "#/components/schemas/AnswerReply"}
    assert problem == {"$ref": "#/components/schemas/Problem"}
    assert "HTTPValidationError" not in schemas
    top_k = schemas["AskRequest"]["properties"]["top_k"]
    assert (top_k["minimum"], top_k["maximum"], top_k["default"]) == (1, 100, 5)


def test_new_generation_is_picked_up(tmp_path: Path) -> None:
    """Indexing again shows at once; a document that was deleted is in no answer."""
    folder, index = tmp_path / "briefs", tmp_path / "index"
    _write_briefs(folder)
    first = build_index(folder, index, embedder="hash").generation
    with (
        _serving(index, tmp_path / "log") as served,
        httpx2.Client(base_url=served.url) as client,
    ):
        question = {"question": _QUESTIONS[0]}
        before = client.post("/v1/ask", json=question).json()
        (folder / "dir one" / "what? #1 100%.md").unlink()
        (folder / "new.txt").write_text("Tide tables are printed in June.\n", encoding="utf-8")
        second = build_index(folder, index, embedder="hash").generation
        after = client.post("/v1/ask", json=question).json()
        listed = {d["doc_id"] for d in client.get("/v1/documents").json()["documents"]}
        ready = client.get("/ready").json()
        stale = client.post("/v1/verify", json=before).json()

    assert (before["index"]["generation"], after["index"]["generation"]) == (first, second)
    assert first != second
    assert "dir one/what? #1 100%.md" not in {p["doc_id"] for p in after["passages"]}
    assert "new.txt" in listed
    assert (ready["status"], ready["generation"]) == ("ready", second)
    assert stale["holds"] is False


def test_changed_source_file_is_caught(tmp_path: Path) -> None:
    """A receipt of a file that was edited since no longer holds."""
    folder, index = tmp_path / "briefs", tmp_path / "index"
    _write_briefs(folder)
    build_index(folder, index, embedder="hash")
    with (
        _serving(index, tmp_path / "log") as served,
        httpx2.Client(base_url=served.url) as client,
    ):
        asked = client.post("/v1/ask", json={"question": _QUESTIONS[0]}).json()
        before = client.post("/v1/verify", json=asked).json()
        with (folder / "dir one" / "what? #1 100%.md").open("a", encoding="utf-8") as file:
            file.write("More.\n")
        after = client.post("/v1/verify", json=asked).json()

    assert before["holds"] is True
    assert after["holds"] is False
    assert any("has changed" in (r["problem"] or "") for r in after["receipts"])


def test_index_that_was_lost_still_serves_and_says_so(tmp_path: Path) -> None:
    """What is open keeps answering, and whoever watches the service learns of it."""
    folder, index = tmp_path / "briefs", tmp_path / "index"
    _write_briefs(folder)
    build_index(folder, index, embedder="hash")
    with (
        _serving(index, tmp_path / "log") as served,
        httpx2.Client(base_url=served.url) as client,
    ):
        (index / "CURRENT").unlink()
        asked = client.post("/v1/ask", json={"question": _QUESTIONS[0]})
        ready = client.get("/ready")

    assert asked.status_code == 200
    assert ready.status_code == 200
    assert ready.json()["status"] == "degraded"
    assert ready.json()["reason"]


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_signal_ends_the_server_in_order(
    index: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """Stopping the service is no error, and leaves no traceback."""
    with _serving(index, tmp_path / "log") as served:
        assert httpx2.get(f"{served.url}/health").status_code == 200
        served.process.send_signal(number)

        assert served.process.wait(timeout=20) == code
        assert "Traceback" not in served.log.read_text(encoding="utf-8")


def test_loopback_is_not_warned_about(server: _Served) -> None:
    """A warning that always appears is read by nobody."""
    assert [line for line in server.log_lines() if line["level"] == "warning"] == []
