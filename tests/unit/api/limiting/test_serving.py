"""Many clients at once, and the end of the server, over real sockets."""

import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient
from tests.limited import PATIENCE_S, Limited, listening_within, wait_until

from briefqa import Service
from briefqa.api import create_app
from briefqa.api.limiting import Limits
from briefqa.api.streaming import Events
from briefqa.datatypes import StillWriting

_QUESTION = {"question": "When was the harbour dredged?"}
_ASKED: dict[str, dict[str, Any]] = {
    "/v1/ask": _QUESTION,
    "/v1/chat/completions": {
        "model": "briefqa",
        "messages": [{"role": "user", "content": "When was the harbour dredged?"}],
    },
    "/v1/responses": {"model": "briefqa", "input": "When was the harbour dredged?"},
}
_WAY_TO_MCP = {"Accept": "application/json, text/event-stream"}


class _Held(Service):
    """A service whose answers go on until they are let go."""

    def __init__(self, index: Path) -> None:
        super().__init__(index)
        self.let_go = threading.Event()

    def stream(self, question: str, **options: Any) -> Events:  # noqa: ANN401 - as inherited
        """Give the passages, wait, and give the rest."""
        events = super().stream(question, **options)
        return self._held(events)

    def _held(self, events: Events) -> Events:
        yield next(events)
        while not self.let_go.is_set():
            time.sleep(0.01)
            yield StillWriting()
        yield from events


@contextmanager
def _held(index: Path, limits: Limits) -> Iterator[tuple[_Held, Limited]]:
    with _Held(index) as service, listening_within(service, limits) as server:
        try:
            yield service, server
        finally:
            service.let_go.set()


def _in_thread(act: Callable[[], httpx2.Response]) -> Callable[[], httpx2.Response]:
    """Begin ``act`` in a thread, and return what waits for its end."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(act)
    pool.shutdown(wait=False)
    return lambda: future.result(PATIENCE_S)


def test_clients_that_leave_at_any_moment_leave_nothing_behind(service: Service) -> None:
    """All slots are free afterwards, and a question is answered."""
    limits = Limits(answers_at_once=3, answers_waiting=20)
    chance = random.Random(7)  # noqa: S311 - a schedule, no secret
    with listening_within(service, limits) as server:
        plans = [(chance.choice(list(_ASKED)), chance.random() < 0.5) for _ in range(200)]

        def visit(plan: tuple[str, bool]) -> None:
            path, is_streamed = plan
            body = json.dumps({**_ASKED[path], "stream": is_streamed}).encode()
            head = (
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            whole = head.encode() + body
            sent = whole[: chance.choice([len(whole), len(whole), chance.randrange(len(whole))])]
            with server.connect() as connection:
                connection.sendall(sent)
                time.sleep(chance.random() / 50)
                if chance.random() < 0.3:
                    connection.setblocking(False)  # noqa: FBT003 - as the standard library has it
                    with suppress(BlockingIOError):
                        connection.recv(chance.choice([1, 500]))

        with ThreadPoolExecutor(20) as pool:
            list(pool.map(visit, plans))
        wait_until(lambda: (server.slots.under_way, server.slots.waiting) == (0, 0))
        reply = httpx2.post(f"{server.url}/v1/ask", json=_QUESTION)

    assert reply.status_code == 200
    assert reply.json()["answered"]


def test_what_is_quick_never_waits_for_what_is_slow(index: Path) -> None:
    """A supervisor that gets no reply would end a server that is only busy."""
    with _held(index, Limits(answers_at_once=1, answers_waiting=0)) as (service, server):
        slow = _in_thread(lambda: httpx2.post(f"{server.url}/v1/ask", json=_QUESTION, timeout=30))
        wait_until(lambda: server.slots.under_way == 1)
        with httpx2.Client(base_url=server.url) as client:
            quick = [client.get(p) for p in ("/health", "/ready", "/", "/v1/documents")]
            listed = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
            tools = client.post("/mcp", json=listed, headers=_WAY_TO_MCP)
        service.let_go.set()

        assert slow().status_code == 200
    assert [each.status_code for each in quick] == [200] * 4
    assert tools.status_code == 200


def test_whoever_does_not_fit_is_told_when_to_come_again(index: Path) -> None:
    """Each way of asking takes a slot, and is refused in its own form."""
    called = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "search", "arguments": {"query": "x"}},
    }
    asked = {
        **_ASKED,
        "/v1/search": _QUESTION,
        "/v1/verify": {"citations": []},
        "/mcp": called,
    }
    with _held(index, Limits(answers_at_once=1, answers_waiting=0)) as (service, server):
        slow = _in_thread(lambda: httpx2.post(f"{server.url}/v1/ask", json=_QUESTION, timeout=30))
        wait_until(lambda: server.slots.under_way == 1)
        with httpx2.Client(base_url=server.url) as client:
            refused = {
                path: client.post(path, json=body, headers=_WAY_TO_MCP)
                for path, body in asked.items()
            }
        service.let_go.set()
        slow()

    for path, reply in refused.items():
        assert reply.status_code == 503, path
        assert int(reply.headers["retry-after"]) >= 1
    assert refused["/v1/search"].json()["type"] == "urn:problem-type:briefqa:busy"
    assert refused["/v1/responses"].json()["error"]["code"] == "busy"


@pytest.mark.parametrize("path", _ASKED)
def test_answer_that_takes_too_long_is_stopped_and_says_so(index: Path, path: str) -> None:
    """Its slot is for others, and its client is not left without a word."""
    with _held(index, Limits(answer_s=0.2)) as (_, server):
        whole = httpx2.post(f"{server.url}{path}", json=_ASKED[path], timeout=30)
        streamed = httpx2.post(
            f"{server.url}{path}", json={**_ASKED[path], "stream": True}, timeout=30
        )
        wait_until(lambda: server.slots.under_way == 0)

    assert whole.status_code == 504
    assert "answer-too-slow" in whole.text.replace("_", "-")
    assert streamed.status_code == 200
    assert "not whole after 0.2 seconds" in streamed.text


def test_tool_that_takes_too_long_is_stopped_and_says_so(index: Path) -> None:
    """An agent reads why in the form that it knows."""
    called = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "ask", "arguments": _QUESTION},
    }
    with _held(index, Limits(answer_s=0.2)) as (_, server):
        reply = httpx2.post(f"{server.url}/mcp", json=called, headers=_WAY_TO_MCP, timeout=30)
        wait_until(lambda: server.slots.under_way == 0)

    result = reply.json()["result"]
    assert result["isError"]
    assert "not whole after 0.2 seconds" in result["content"][0]["text"]


def test_reader_of_a_stream_that_does_not_read_holds_no_slot_for_ever(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where sending is stuck, nothing asks for the time: the slot is taken from outside."""

    class Endless(_Held):
        def _held(self, events: Events) -> Events:
            found = next(events)
            while True:
                yield found

    monkeypatch.setattr("briefqa.api.limiting.middleware._LEEWAY_S", 0.0)
    limits = Limits(answer_s=1.0, write_s=60)
    with Endless(index) as service, listening_within(service, limits) as server:
        body = json.dumps({**_QUESTION, "stream": True}).encode()
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.connect((server.host, server.port))
            connection.sendall(
                b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )
            wait_until(lambda: server.slots.under_way == 1)

            wait_until(lambda: server.slots.under_way == 0)


def test_answers_under_way_may_end_when_the_server_stops(index: Path) -> None:
    """Whoever was promised an answer gets it; whoever waits is told to ask elsewhere."""
    limits = Limits(answers_at_once=1, grace_s=20)
    with _held(index, limits) as (service, server):
        first = _in_thread(lambda: httpx2.post(f"{server.url}/v1/ask", json=_QUESTION, timeout=30))
        wait_until(lambda: server.slots.under_way == 1)
        second = _in_thread(lambda: httpx2.post(f"{server.url}/v1/ask", json=_QUESTION, timeout=30))
        wait_until(lambda: server.slots.waiting == 1)
        server.stop()
        sent_away = second()
        service.let_go.set()

        assert first().status_code == 200
        server.thread.join(PATIENCE_S)
        assert not server.thread.is_alive()
    assert sent_away.status_code == 503
    assert sent_away.json()["type"] == "urn:problem-type:briefqa:stopping"
    assert int(sent_away.headers["retry-after"]) >= 1


def test_stream_ends_with_an_error_when_the_grace_is_over(index: Path) -> None:
    """A stream that is simply cut looks like a broken network."""
    with _held(index, Limits(grace_s=0.3)) as (_, server):
        streamed = _in_thread(
            lambda: httpx2.post(
                f"{server.url}/v1/ask", json={**_QUESTION, "stream": True}, timeout=30
            )
        )
        whole = _in_thread(lambda: httpx2.post(f"{server.url}/v1/ask", json=_QUESTION, timeout=30))
        wait_until(lambda: server.slots.under_way == 2)
        server.stop()

        assert streamed().text.rstrip().splitlines()[-2] == "event: error"
        assert "problem-type:briefqa:stopping" in streamed().text
        assert whole().status_code == 503
        server.thread.join(PATIENCE_S)
        assert not server.thread.is_alive()


@pytest.mark.parametrize("path", ["/v1/search", *_ASKED, "/mcp"])
def test_server_may_take_less_than_others_do(service: Service, path: str) -> None:
    """Whoever runs it decides how long a question may be, by whichever way it comes."""
    long, short = "How deep? " * 5, "How deep?"
    made: dict[str, Callable[[str], dict[str, Any]]] = {
        "/v1/search": lambda question: {"question": question},
        "/v1/ask": lambda question: {"question": question},
        "/v1/chat/completions": lambda question: {
            "model": "briefqa",
            "messages": [{"role": "user", "content": question}],
        },
        "/v1/responses": lambda question: {"model": "briefqa", "input": question},
        "/mcp": lambda question: {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "ask", "arguments": {"question": question}},
        },
    }
    limits = Limits(question_characters=20)
    with TestClient(create_app(service, limits=limits)) as client:
        refused, taken = (
            client.post(path, json=made[path](question), headers=_WAY_TO_MCP)
            for question in (long, short)
        )

    assert refused.status_code == (200 if path == "/mcp" else 422)
    assert "at most 20" in refused.text
    assert taken.status_code == 200
    assert "at most 20" not in taken.text


@pytest.mark.parametrize("path", ["/v1/search", "/v1/ask"])
def test_server_may_give_fewer_passages_than_others_do(service: Service, path: str) -> None:
    """The bound of this server is the one that is told."""
    with TestClient(create_app(service, limits=Limits(top_k=5))) as client:
        refused, taken = (
            client.post(path, json={"question": "x", "top_k": top_k}) for top_k in (6, 5)
        )

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/top_k"
    assert "between 1 and 5" in refused.json()["detail"]
    assert taken.status_code == 200
