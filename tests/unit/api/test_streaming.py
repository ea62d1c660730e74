"""An answer is sent as it comes, and stopped when nobody waits for it any more."""

import json
import logging
import socket
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient
from tests.listening import listening

from briefqa import Service, errors
from briefqa.api import create_app, streaming
from briefqa.datatypes import AnswerEvent, StillWriting

_QUESTION = "When was the harbour dredged?"
_PATIENCE_S = 10

Events = Generator[AnswerEvent, None, None]


def _events(body: str) -> list[tuple[str, Any]]:
    """Return the name and the data of each event in ``body``, read line by line."""
    found = []
    for block in body.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if line[:1] != ":")
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def test_stream_gives_the_parts_of_the_answer_and_then_the_whole(client: TestClient) -> None:
    """Who shows the parts shows what the whole says, receipts included."""
    body = {"question": _QUESTION}
    whole = client.post("/v1/ask", json=body).json()
    reply = client.post("/v1/ask", json={**body, "stream": True})

    assert reply.headers["content-type"].startswith("text/event-stream")
    events = _events(reply.text)
    names = [name for name, _ in events]
    assert names == ["passages", *["sentence"] * len(whole["sentences"]), "done"]
    assert whole["sentences"]
    done = events[-1][1]
    assert {**done, "took_ms": None} == {**whole, "took_ms": None}
    assert events[0][1]["passages"] == whole["passages"]
    sentences = [data for _, data in events[1:-1]]
    receipts = [receipt for each in sentences for receipt in each.pop("receipts")]
    assert (sentences, receipts) == (whole["sentences"], whole["citations"])


def test_mistake_in_a_request_to_stream_is_an_ordinary_problem(client: TestClient) -> None:
    """What is wrong from the start has a status of its own, not an event under 200."""
    reply = client.post("/v1/ask", json={"question": " ", "stream": True})

    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"


class _Scripted(Service):
    """A service that waits or fails in the middle of an answer, and tells when it is stopped."""

    def __init__(self, index: Path, error: Exception | None = None) -> None:
        super().__init__(index)
        self.error = error
        self.stopped = threading.Event()

    def stream(self, question: str, **options: Any) -> Events:  # noqa: ANN401 - as inherited
        """Give the passages, and then wait without end, or fail."""
        events = super().stream(question, **options)
        return self._interrupted(events)

    def _interrupted(self, events: Events) -> Events:
        try:
            yield next(events)
            if self.error is not None:
                raise self.error
            while True:
                time.sleep(0.02)
                yield StillWriting()
        finally:
            events.close()
            self.stopped.set()


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (errors.IndexDamagedError("words", "its checksum is wrong"), "index-unusable", "words"),
        (ZeroDivisionError("zanzibar"), "internal-error", "something unexpected"),
    ],
)
def test_failure_in_the_middle_ends_the_stream_with_its_problem(
    index: Path, error: Exception, kind: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The status has been sent by then: only an event can say that there is no answer."""
    caplog.set_level(logging.INFO)
    with _Scripted(index, error) as service, TestClient(create_app(service)) as client:
        events = _events(client.post("/v1/ask", json={"question": "x", "stream": True}).text)

    assert [name for name, _ in events] == ["passages", "error"]
    problem = events[-1][1]
    assert problem["type"] == f"urn:problem-type:briefqa:{kind}"
    assert problem["instance"] == "/v1/ask"
    assert said in problem["detail"]
    assert "zanzibar" not in caplog.text + json.dumps(events)
    assert service.stopped.is_set()


_ASKED: dict[str, dict[str, Any]] = {
    "/v1/ask": {"question": "x"},
    "/v1/chat/completions": {
        "model": "briefqa",
        "messages": [{"role": "user", "content": "x"}],
    },
    "/v1/responses": {"model": "briefqa", "input": "x"},
}


@pytest.mark.parametrize("path", _ASKED)
@pytest.mark.parametrize("is_streamed", [True, False])
def test_answer_is_stopped_when_the_client_leaves(
    index: Path, path: str, *, is_streamed: bool
) -> None:
    """Nobody pays for, or waits behind, an answer that nobody will read."""
    with _Scripted(index) as service, listening(service) as url:
        address = url.removeprefix("http://").split(":")
        body = json.dumps({**_ASKED[path], "stream": is_streamed}).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {address[0]}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection((address[0], int(address[1]))) as connection:
            connection.sendall(head.encode() + body)
            if is_streamed:
                assert b"200" in connection.recv(1_000)
            time.sleep(0.1)
            assert not service.stopped.is_set()

        assert service.stopped.wait(_PATIENCE_S)


def test_stream_shows_that_it_is_alive_while_nothing_comes(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy cuts a connection on which nothing passes."""
    monkeypatch.setattr(streaming, "_PING_S", 0.1)
    with (
        _Scripted(index) as service,
        listening(service) as url,
        httpx2.stream("POST", f"{url}/v1/ask", json={"question": "x", "stream": True}) as reply,
    ):
        lines = reply.iter_lines()
        names = [line for line in (next(lines) for _ in range(8)) if line[:5] in {"event", ": pin"}]

    assert names[:3] == ["event: passages", ": ping", ": ping"]
    assert service.stopped.wait(_PATIENCE_S)
