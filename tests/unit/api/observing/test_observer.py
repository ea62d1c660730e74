"""The line of a request says what became of it, in words of ours."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from briefqa import Service
from briefqa.api import create_app
from briefqa.api.access import Access
from briefqa.api.middleware import RequestMiddleware
from briefqa.errors import IndexFileError

_QUESTION = "When was the harbour dredged?"
_KEY = "a key of this test"

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    """Return the lines of requests so far, by field."""
    caplog.set_level(logging.INFO)
    known = vars(logging.makeLogRecord({})).keys() | {"message", "asctime"}

    def read() -> list[dict[str, Any]]:
        return [
            {name: value for name, value in vars(record).items() if name not in known}
            for record in caplog.records
            if record.message == "request"
        ]

    return read


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (("/v1/ask", {"question": _QUESTION}), "answered"),
        (("/v1/ask", {"question": _QUESTION, "stream": True}), "answered"),
        (("/v1/ask", {"question": "Who invented zebra crossings on Mars?"}), "declined"),
        (("/v1/search", {"question": _QUESTION}), "found"),
        (("/v1/search", {"question": _QUESTION, "since": "2999"}), "nothing-found"),
        (("/v1/ask", {"question": _QUESTION, "top_k": 0}), "invalid-request"),
        (("/v1/verify", {"citations": []}), "done"),
        (("/v1/models", None), "method-not-allowed"),
    ],
)
def test_outcome_is_told_with_the_route(
    client: TestClient,
    service: Service,
    lines: Lines,
    asked: tuple[str, dict[str, Any] | None],
    expected: str,
) -> None:
    """A status of 200 says little of a question."""
    path, body = asked
    status = client.post(path, json=body).status_code

    (line,) = lines()
    assert (line["route"], line["status"], line["outcome"]) == (path, status, expected)
    assert line["duration_ms"] > 0
    assert line.get("answered_by") == (
        "extractive" if expected in {"answered", "declined"} else None
    )
    has_result = expected in {"answered", "declined", "found", "nothing-found"}
    assert line.get("generation") == (service.info.generation if has_result else None)


@pytest.mark.parametrize(
    ("error", "expected"),
    [(RuntimeError("zanzibar"), "internal-error"), (IndexFileError("gone"), "index-unusable")],
)
def test_stream_that_breaks_off_is_told_as_what_went_wrong(
    service: Service,
    lines: Lines,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    expected: str,
) -> None:
    """Its status was 200 before anyone knew."""

    def fail(*_: object, **__: object) -> Iterator[None]:
        yield from ()
        raise error

    monkeypatch.setattr(service, "stream", fail)
    with TestClient(create_app(service)) as client:
        reply = client.post("/v1/ask", json={"question": _QUESTION, "stream": True})

    (line,) = lines()
    assert reply.status_code == line["status"] == 200
    assert line["outcome"] == expected


def test_client_that_leaves_is_told_as_such(lines: Lines) -> None:
    """No status was sent, and none of the outcomes came to be."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
        raise ClientDisconnect

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        raise AssertionError

    scope = {"type": "http", "method": "POST", "path": "/x", "raw_path": b"/x", "headers": []}
    asyncio.run(RequestMiddleware(app)(scope, receive, send))

    (line,) = lines()
    assert (line["status"], line["outcome"], line["route"]) == (None, "left", "none")


def test_metrics_ask_for_the_key_that_all_else_does(service: Service) -> None:
    """How much is asked, and of what, is not for everyone."""
    digest = hashlib.sha256(_KEY.encode()).digest()
    with TestClient(create_app(service, access=Access(keys={"team": digest}))) as client:
        host = {"Host": "localhost"}
        refused = client.get("/metrics", headers=host)
        given = client.get("/metrics", headers={**host, "Authorization": f"Bearer {_KEY}"})

    assert (refused.status_code, given.status_code) == (401, 200)
    assert b'briefqa_problems_total{kind="key-needed"} 1.0' in given.content
    assert _KEY not in given.text
    assert "team" not in given.text


def test_tool_of_an_agent_is_told_like_a_question(client: TestClient, lines: Lines) -> None:
    """What agents ask shows in the same numbers, though their protocol hides it."""
    for name, arguments in (("ask", {"question": _QUESTION}), ("search", {"query": _QUESTION})):
        call = {"name": name, "arguments": arguments}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        reply = client.post(
            "/mcp",
            content=json.dumps(message),
            headers={
                "Accept": "application/json, text/event-stream",
                "Content-Type": "application/json",
            },
        )
        assert reply.status_code == 200

    assert [(line["route"], line["outcome"]) for line in lines()] == [
        ("/mcp", "answered"),
        ("/mcp", "found"),
    ]
