"""What a server writes to stderr holds no word of those who ask it, whatever they send."""

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from tests.models_server import ModelServer, Talk, answer, event
from tests.terminal import environment

from briefqa import build_index

# One for each thing that must not be told, so that a failure says which was.
_QUESTION = "quokkaquestion"
_TITLE = "quaggatitle"
_TEXT = "narwhaltext"
_PATH = "ocelotpath"
_KEY = "wombat0key0wombat0key"
_ADMIN_KEY = "gerbil0key0gerbil0key"
_HEADER = "lemurheader"
_WRITTEN = "axolotlwritten"
_CANARIES = (_QUESTION, _TITLE, _TEXT, _PATH, "wombat", "gerbil", _HEADER, _WRITTEN)
_ASKED = f"When was the harbour dredged, {_QUESTION}?"
_HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {_ADMIN_KEY}"}
_PATIENCE_S = 20


def _writes(talk: Talk) -> None:
    key = talk.asked["messages"][-1]["content"].partition("<passage ")[2][:4]
    talk.stream(answer(f"The harbour was dredged in 1998. [{key}] ", f"It says {_WRITTEN}. "))


def _echoes_in_an_error(talk: Talk) -> None:
    talk.reply(
        f"400 {_WRITTEN}",
        "Content-Type: application/json",
        body=json.dumps({"error": {"message": talk.body.decode()}}).encode(),
    )


def _writes_no_events(talk: Talk) -> None:
    talk.reply("200 OK", "Content-Type: text/html", body=talk.body)


def _is_cut_off(talk: Talk) -> None:
    talk.stream([event({"content": f"{_WRITTEN} {talk.asked['messages'][-1]['content']}"})])
    talk.reset()


def _waits(talk: Talk) -> None:
    talk.stream([event({"content": f"The {_WRITTEN}"})])
    talk.wait(30)


_MODELS: dict[str, Callable[[Talk], None]] = {
    "writes": _writes,
    "echoes": _echoes_in_an_error,
    "html": _writes_no_events,
    "cut": _is_cut_off,
    "waits": _waits,
}


@dataclass(frozen=True)
class _Server:
    """A server in a process of its own, and what it wrote."""

    url: str
    log: Path

    def written(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def written_until(self, count: int) -> str:
        """Return what it wrote, once it told of ``count`` requests: a line follows its reply."""
        ends = time.monotonic() + _PATIENCE_S
        while self.written().count("duration_ms") < count:
            assert time.monotonic() < ends, self.written()[-2_000:]
            time.sleep(0.05)
        return self.written()


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index whose documents have canaries for titles, texts and names."""
    briefs = tmp_path / "briefs"
    briefs.mkdir()
    text = f"# {_TITLE}\n\nThe harbour was dredged in 1998. The {_TEXT} was not.\n"
    (briefs / f"{_PATH}.md").write_text(text, encoding="utf-8")
    build_index(briefs, tmp_path / "index", embedder="hash")
    return tmp_path / "index"


@contextmanager
def _serving(index: Path, **variables: str) -> Iterator[_Server]:
    log = index.parent / "log"
    command = [sys.executable, "-m", "briefqa", "serve", "--port", "0", "--index", "index"]
    given = environment(BRIEFQA_SERVER__ADMIN_KEY=_ADMIN_KEY, **variables)
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(command, cwd=index.parent, env=given, stderr=errors) as process,
    ):
        try:
            ends = time.monotonic() + _PATIENCE_S
            while not (found := re.search(r"serving at (http\S+)", log.read_text("utf-8"))):
                assert time.monotonic() < ends, log.read_text("utf-8")
                assert process.poll() is None, log.read_text("utf-8")
                time.sleep(0.05)
            yield _Server(found[1], log)
        finally:
            process.terminate()
            process.wait(_PATIENCE_S)


@contextmanager
def _models() -> Iterator[dict[str, str]]:
    """Run the model servers, and give the settings that name them."""
    servers = {name: ModelServer(behave) for name, behave in _MODELS.items()}
    variables = {}
    with servers["writes"], servers["echoes"], servers["html"], servers["cut"], servers["waits"]:
        for name, server in servers.items():
            variables[f"BRIEFQA_MODELS__{name.upper()}__BASE_URL"] = server.url
        yield variables | {"BRIEFQA_MODELS__GONE__BASE_URL": "http://127.0.0.1:9/v1"}


def _bodies() -> Iterator[bytes]:
    """Yield bodies that are right for some routes, and wrong for all others."""
    yield b""
    yield f'{{"question": "{_QUESTION}'.encode()
    yield b"\xff" + _QUESTION.encode()
    yield f'{{"question": "{_QUESTION}", "question": 1}}'.encode()
    yield b'{"question": "' + _QUESTION.encode() + b'\\ud800"}'
    yield b"[" * 900 + _QUESTION.encode()
    yield b" " * 2**21 + _QUESTION.encode()
    for said in (
        {"question": _ASKED},
        {"question": _ASKED, "stream": True},
        {"question": _ASKED, "explain": True},
        {"question": _ASKED, "top_k": 0},
        {"question": _ASKED * 900},
        {"question": _ASKED, _QUESTION: 1},
        {"question": _ASKED, "filters": [_QUESTION]},
        {"question": _ASKED, "since": _QUESTION},
        {"question": _ASKED, "history": [{"question": _ASKED, "answer": _WRITTEN}]},
        {"question": _ASKED, "model": _QUESTION},
        {"model": "briefqa", "messages": [{"role": "user", "content": _ASKED}]},
        {"model": "briefqa", "messages": [{"role": "user", "content": _ASKED}], "stream": True},
        {"model": _QUESTION, "messages": [{"role": _QUESTION, "content": _ASKED}]},
        {"model": "briefqa", "input": _ASKED},
        {"citations": [{"doc_id": _PATH, "quote": _TEXT, "start": 1, "end": 2}]},
        {"citations": _QUESTION},
    ):
        yield json.dumps(said).encode()


def _calls() -> Iterator[bytes]:
    """Yield what agents send, and what they might."""
    for method, params in (
        ("initialize", {"protocolVersion": _QUESTION, "capabilities": {}, "clientInfo": {}}),
        ("tools/list", {}),
        ("tools/call", {"name": "search", "arguments": {"query": _ASKED}}),
        ("tools/call", {"name": "ask", "arguments": {"question": _ASKED}}),
        ("tools/call", {"name": "ask", "arguments": {"question": _ASKED, _QUESTION: 1}}),
        ("tools/call", {"name": "fetch", "arguments": {"id": f"{_PATH}.md"}}),
        ("tools/call", {"name": "fetch", "arguments": {"id": f"{_PATH}#chars=9-1"}}),
        ("tools/call", {"name": _QUESTION, "arguments": _QUESTION}),
        (_QUESTION, {"a": _QUESTION}),
    ):
        call = {"jsonrpc": "2.0", "id": _QUESTION, "method": method, "params": params}
        yield json.dumps(call).encode()
    yield json.dumps({"jsonrpc": _QUESTION, "method": [_QUESTION]}).encode()
    yield json.dumps([_QUESTION]).encode()


@dataclass(frozen=True)
class _Sent:
    """One request."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def _questions() -> Iterator[_Sent]:
    for path in ("ask", "search", "verify", "chat/completions", "responses", "embeddings"):
        for body in _bodies():
            yield _Sent("POST", f"/v1/{path}", body)
        odd = {"Content-Type": _HEADER}
        yield _Sent("POST", f"/v1/{path}?{_QUESTION}=1", _QUESTION.encode(), odd)
    for name in ("writes", "echoes", "html", "cut", "gone"):
        for stream in (False, True):
            yield _Sent("POST", "/v1/ask", _asking(name, stream=stream))
        said = [{"role": "user", "content": _ASKED}]
        chat = {"model": f"briefqa:{name}", "messages": said, "stream": True}
        yield _Sent("POST", "/v1/chat/completions", json.dumps(chat).encode())


def _agents() -> Iterator[_Sent]:
    for body in (*_calls(), *_bodies()):
        yield _Sent("POST", "/mcp", body, {"Accept": "application/json, text/event-stream"})
        odd = {"Accept": _HEADER, "Mcp-Session-Id": _HEADER, "Origin": f"http://{_HEADER}"}
        yield _Sent("POST", "/mcp", body, odd)


def _look_ups() -> Iterator[_Sent]:
    for start, path in product(
        ("/v1/documents/", "/documents/", "/assets/", "/docs/", "/v1/models/", "/"),
        (f"{_PATH}.md", _PATH, f"{_PATH}.md/text", f"%FF{_PATH}", f"%{_PATH}", f"%00{_PATH}"),
    ):
        yield _Sent("GET", f"{start}{path}?{_QUESTION}={_QUESTION}")
        yield _Sent("GET", f"/v1/documents?where={path}&{_QUESTION}=1")
        yield _Sent(_PATH.upper(), start + path)


def _uploads() -> Iterator[_Sent]:
    note = f"# {_TITLE}\n\nThe {_TEXT}.\n".encode()
    for key in (f"Bearer {_ADMIN_KEY}", f"Bearer {_KEY}", _KEY, f"Basic {_KEY}"):
        headers = {"Authorization": key}
        there = f"/v1/documents/{_PATH}"
        yield _Sent("PUT", f"{there}-2", note, headers)
        yield _Sent("PUT", f"{there}.pdf", b"%PDF-1.7\n" + note, headers)
        yield _Sent("PUT", f"{there}.docx", b"PK\x03\x04" + note, headers)
        yield _Sent("DELETE", f"{there}-2", headers=headers)
        yield _Sent("DELETE", f"{there}-3", headers=headers)


def _odd_headers() -> Iterator[_Sent]:
    for name in ("Host", "Origin", "Cookie", "traceparent", "X-Request-ID", "If-None-Match"):
        headers = {name: f"{_HEADER} {_HEADER}"}
        yield _Sent("GET", "/health", headers=headers)
        yield _Sent("PUT", f"/v1/documents/{_PATH}", b"x", headers)


def _send_everything(client: httpx2.Client) -> int:
    """Send what is right and wrong to every route; return how many requests these were."""
    sent = [*_questions(), *_agents(), *_look_ups(), *_uploads(), *_odd_headers()]
    for each in sent:
        headers = {**_HEADERS, **each.headers}
        client.request(each.method, each.path, content=each.body, headers=headers)
    return len(sent)


def _asking(model: str, *, stream: bool) -> bytes:
    return json.dumps({"question": _ASKED, "model": model, "stream": stream}).encode()


def _leave_in_the_middle(url: str) -> int:
    """Ask for a stream, and go; return how many requests that was."""
    with (
        suppress(httpx2.HTTPError),
        httpx2.stream(
            "POST",
            f"{url}/v1/ask",
            content=_asking("waits", stream=True),
            headers=_HEADERS,
            timeout=3,
        ) as reply,
    ):
        next(reply.iter_bytes())
    return 1


def _speak_no_http(url: str) -> None:
    """Send what is no request, of which there is no line."""
    where = urlsplit(url)
    for words in (
        f"{_QUESTION} {_PATH}\r\n\r\n",
        f"GET /{_PATH} HTTP/1.1\r\n{_HEADER}\r\n\r\n",
        f"GET /{_PATH} HTTP/1.1\r\nHost: a\r\nX: {_HEADER}\x00\r\n\r\n",
        f"GET /{_PATH} HTTP/1.1\r\nHost: a\r\nX: {_HEADER * 9_000}\r\n\r\n",
        f"POST /{_PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: {_HEADER}\r\n\r\n",
        f"POST /v1/ask HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{_QUESTION}\r\n",
    ):
        with (
            suppress(OSError),
            socket.create_connection((where.hostname, where.port), timeout=5) as connection,
        ):
            connection.sendall(words.encode())
            connection.recv(1_000)


def test_nothing_that_anyone_sends_is_written_to_the_log(index: Path) -> None:
    """Operators and whoever reads their logs learn nothing of what people ask and keep."""
    with (
        _models() as variables,
        _serving(index, **variables, BRIEFQA_SERVER__LOG_FORM="json") as server,
    ):
        with httpx2.Client(base_url=server.url, timeout=_PATIENCE_S) as client:
            sent = _send_everything(client)
        sent += _leave_in_the_middle(server.url)
        _speak_no_http(server.url)
        written = server.written_until(sent)

    assert sent > 200
    told = written.lower()
    assert [word for word in _CANARIES if word in told] == []
    # But for the address, on the first line, every line is an object.
    lines = [json.loads(line) for line in written.splitlines() if not line.startswith("briefqa:")]
    outcomes = {line["outcome"] for line in lines if "outcome" in line}
    assert {"answered", "found", "done", "invalid-request", "unknown-document"} <= outcomes
    faults = {line["model_fault"] for line in lines if "model_fault" in line}
    assert {"refused", "malformed", "cut_off", "unreachable"} <= faults
    assert {line.get("answered_by") for line in lines} >= {"writes", "extractive", None}


def test_debug_is_another_matter(index: Path) -> None:
    """The page says so; and it shows that this would find a word that is written."""
    with _models() as variables:
        settings = {**variables, "BRIEFQA_SERVER__LOG_LEVEL": "debug"}
        with _serving(index, **settings) as server:
            httpx2.post(
                f"{server.url}/v1/ask", content=_asking("echoes", stream=False), headers=_HEADERS
            )
            written = server.written_until(1)

    assert _WRITTEN in written


def test_warning_leaves_out_the_line_a_request(index: Path) -> None:
    """A busy server may be told to speak only when something is wrong."""
    with _serving(index, BRIEFQA_SERVER__LOG_LEVEL="warning") as server:
        for _ in range(3):
            assert httpx2.get(f"{server.url}/health").status_code == 200

    (address,) = server.written().splitlines()
    assert address.startswith("briefqa: serving at")
