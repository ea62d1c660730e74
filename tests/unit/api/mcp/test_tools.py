"""Agents find, read, ask and verify over HTTP, by the protocol's own client."""

import json
import logging
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Generator, Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

import anyio
import httpx2
import pytest
from mcp import Client, MCPError
from mcp_types import CallToolResult, TextContent
from starlette.testclient import TestClient
from tests.listening import listening

from briefqa import Service, build_index, open_index
from briefqa.api import create_app
from briefqa.api.mcp.tools import MOST_FETCHED
from briefqa.datatypes import AnswerEvent, StillWriting

_QUESTION = "When was the harbour dredged?"
_PATIENCE_S = 10
_LONG = "".join(f"Line {number} of the long report, in 🚢 order.\n" for number in range(6000))
_NOTES = {
    "dir one/harbour #1.md": (
        "---\ntitle: The harbour\npublished: 2024-05\n---\n\nThe harbour was dredged in 1998.\n"
    ),
    "long.txt": _LONG,
    "lamp.md": "# Lamps\n\nThe lighthouse lamp was replaced in 2011.\n",
}

_Result = TypeVar("_Result")
Mode = Literal["auto", "legacy"]


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of three notes, one of them long."""
    folder = tmp_path_factory.mktemp("mcp")
    for name, text in _NOTES.items():
        path = folder / "notes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    build_index(folder / "notes", folder / "index", embedder="hash")
    return folder / "index"


@pytest.fixture(scope="module")
def url(notes: Path) -> Iterator[str]:
    """Address of a service over the notes."""
    with open_index(notes) as service, listening(service) as url:
        yield url


@pytest.fixture(params=["auto", "legacy"])
def mode(request: pytest.FixtureRequest) -> Mode:
    """How the client finds out which protocol is spoken: as of today, or as of 2025."""
    mode: Mode = request.param
    return mode


def _with_client(url: str, mode: Mode, use: Callable[[Client], Awaitable[_Result]]) -> _Result:
    async def connected() -> _Result:
        async with Client(f"{url}/mcp", mode=mode) as client:
            return await use(client)

    return anyio.run(connected)


def _call(url: str, mode: Mode, tool: str, **arguments: Any) -> CallToolResult:  # noqa: ANN401 - JSON
    async def call(client: Client) -> CallToolResult:
        # The client checks what comes against the schema that the tool is listed with.
        return await client.call_tool(tool, arguments)

    return _with_client(url, mode, call)


def _found(result: CallToolResult) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON that a tool gave, which must be there as text and as data."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    assert not result.is_error, content.text
    assert json.loads(content.text) == result.structured_content
    return result.structured_content


def test_tools_are_listed_as_changing_nothing(url: str, mode: Mode) -> None:
    """A client asks its user before each call of a tool that might."""

    async def listed(client: Client) -> Any:  # noqa: ANN401 - the SDK's own type
        return (await client.list_tools()).tools

    tools = _with_client(url, mode, listed)

    assert [tool.name for tool in tools] == ["search", "fetch", "ask", "verify"]
    for tool in tools:
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.destructive_hint is False
        assert tool.annotations.open_world_hint is False
        assert tool.description
    schemas = {tool.name: tool.input_schema for tool in tools}
    assert schemas["search"]["required"] == ["query"]
    assert schemas["fetch"]["required"] == ["id"]


def test_search_finds_documents_that_fetch_reads(url: str, mode: Mode) -> None:
    """This is all that ChatGPT's connectors and deep research ask of a server."""
    results = _found(_call(url, mode, "search", query=_QUESTION))["results"]

    assert results[0]["id"] == "dir one/harbour #1.md"
    assert len({each["id"] for each in results}) == len(results)
    for each in results:
        assert each["title"]
        assert each["url"].startswith(f"{url}/documents/")
        fetched = _found(_call(url, mode, "fetch", id=each["id"]))
        assert {"id", "title", "text", "url", "metadata"} == set(fetched)
        assert fetched["id"] == each["id"]
        assert fetched["title"] == each["title"]
        assert fetched["url"].startswith(f"{url}/documents/")
        path = httpx2.URL(fetched["url"]).raw_path.decode()
        text = httpx2.get(f"{url}/v1{path}/text").text
        assert fetched["text"] == text[:MOST_FETCHED]
        first = each["text"].partition("\n\n[…]\n\n")[0]
        start, end = each["url"].partition("#chars=")[2].split("-")
        assert text[int(start) : int(end)] == first


def test_long_document_is_read_part_by_part(url: str) -> None:
    """What an agent reads is bounded, and it still gets to the end."""
    parts, wanted = [], "long.txt"
    while wanted:
        fetched = _found(_call(url, "auto", "fetch", id=wanted))
        assert len(fetched["text"]) <= MOST_FETCHED
        assert fetched["metadata"]["characters"] == len(_LONG)
        chars = fetched["url"].partition("#chars=")[2]
        assert chars == f"{fetched['metadata']['start']}-{fetched['metadata']['end']}"
        parts.append(fetched["text"])
        wanted = fetched["metadata"]["next"]

    assert len(parts) == len(_LONG) // MOST_FETCHED + 1 > 2
    assert "".join(parts) == _LONG


def test_ask_gives_the_answer_of_the_service_and_verify_confirms_it(url: str, mode: Mode) -> None:
    """The two are what this service has over a plain search."""
    native = httpx2.post(f"{url}/v1/ask", json={"question": _QUESTION}).json()

    answer = _found(_call(url, mode, "ask", question=_QUESTION))

    assert answer["answered"]
    for citation in answer["citations"]:
        assert citation["href"].startswith(f"{url}/documents/")
    relative = json.loads(json.dumps(answer).replace(f'"href": "{url}', '"href": "'))
    assert {**relative, "took_ms": None} == {**native, "took_ms": None}
    assert _found(_call(url, mode, "verify", **answer))["holds"] is True
    forged = [{**citation, "quote": "It was never dredged."} for citation in answer["citations"]]
    assert _found(_call(url, mode, "verify", citations=forged))["holds"] is False


def test_conditions_hold_what_is_asked(url: str) -> None:
    """An agent that researches a period must not be told of another."""
    answer = _found(_call(url, "auto", "ask", question=_QUESTION, filters=["published>=2025"]))

    assert not answer["answered"]
    assert answer["filters"] == ["published>=2025"]


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("search", {}, "query: is required"),
        ("search", {"query": " "}, "question is empty"),
        ("search", {"query": ["a"]}, "query: must be a string"),
        ("fetch", {"id": "nope.md"}, "no document 'nope.md'"),
        ("fetch", {"id": "lamp.md#chars=9-3"}, "names no part"),
        ("ask", {"question": "x", "top_k": 0}, "top_k: must be an integer between 1 and 100"),
        ("ask", {"question": "x", "filters": ["pubished>2"]}, "did you mean published?"),
        ("verify", {}, "citations: is required"),
    ],
)
def test_mistake_is_told_in_words_that_an_agent_can_act_upon(
    url: str, mode: Mode, tool: str, arguments: dict[str, Any], said: str
) -> None:
    """It can try again by itself; an error of the protocol would end what it was doing."""
    result = _call(url, mode, tool, **arguments)

    assert result.is_error
    (content,) = result.content
    assert isinstance(content, TextContent)
    assert said in content.text


def test_unknown_tool_is_an_error_of_the_protocol(url: str, mode: Mode) -> None:
    """Its caller has not read the list."""

    async def call(client: Client) -> str:
        with pytest.raises(MCPError) as refused:
            await client.call_tool("delete_everything", {})
        return str(refused.value)

    assert "there are search, fetch, ask, verify" in _with_client(url, mode, call)


def test_what_is_no_call_is_refused(url: str) -> None:
    """No stream is opened that nothing would ever come on, and no foreign page gets through."""
    headers = {"Accept": "application/json, text/event-stream"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}

    assert httpx2.get(f"{url}/mcp", headers=headers).status_code == 405
    assert httpx2.delete(f"{url}/mcp").status_code == 405
    for origin, status in [(url, 200), ("https://evil.example", 403), ("null", 403)]:
        reply = httpx2.post(f"{url}/mcp", json=body, headers={**headers, "Origin": origin})
        assert reply.status_code == status, reply.text


class _Endless(Service):
    """A service that waits in the middle of an answer, and tells when it is stopped."""

    def __init__(self, index: Path) -> None:
        super().__init__(index)
        self.begun = threading.Event()
        self.stopped = threading.Event()

    def stream(self, question: str, **options: Any) -> Generator[AnswerEvent, None, None]:  # noqa: ANN401 - as inherited
        """Give the passages, and then wait without end."""
        return self._waiting(super().stream(question, **options))

    def _waiting(
        self, events: Generator[AnswerEvent, None, None]
    ) -> Generator[AnswerEvent, None, None]:
        try:
            yield next(events)
            self.begun.set()
            while True:
                time.sleep(0.02)
                yield StillWriting()
        finally:
            events.close()
            self.stopped.set()


@pytest.mark.parametrize("version", [None, "2025-06-18"])
def test_answer_is_stopped_when_the_agent_leaves(notes: Path, version: str | None) -> None:
    """A language model must not write on for nobody."""
    call = {"name": "ask", "arguments": {"question": _QUESTION}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call})
    headers = [
        "POST /mcp HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        "Accept: application/json, text/event-stream",
        f"Content-Length: {len(body)}",
        *([f"MCP-Protocol-Version: {version}"] if version else []),
    ]
    with _Endless(notes) as service, listening(service) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall("\r\n".join([*headers, "", body]).encode())
            assert service.begun.wait(_PATIENCE_S)
            assert not service.stopped.is_set()

        assert service.stopped.wait(_PATIENCE_S)


class _Broken(Service):
    """A service with a bug."""

    def stream(self, question: str, **options: Any) -> Generator[AnswerEvent, None, None]:  # noqa: ANN401 - as inherited
        """Fail."""
        msg = f"{question} {options}"
        raise ZeroDivisionError(msg)


def test_bug_tells_nothing_of_what_was_asked(notes: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither to the agent nor in the log, where only its kind stands."""
    caplog.set_level(logging.INFO)
    with _Broken(notes) as service, listening(service) as url:
        result = _call(url, "auto", "ask", question="zanzibar")

    assert result.is_error
    assert "something unexpected" in str(result.content)
    assert "ZeroDivisionError" in caplog.text
    assert "zanzibar" not in caplog.text + str(result.content)


def test_missing_sdk_is_named_with_what_installs_it(
    notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an extra, and everything else works without it."""
    monkeypatch.delitem(sys.modules, "briefqa.api.mcp.server", raising=False)
    monkeypatch.setitem(sys.modules, "mcp.server.context", None)
    with open_index(notes) as service, TestClient(create_app(service)) as client:
        reply = client.post("/mcp", json={})
        assert client.post("/v1/ask", json={"question": _QUESTION}).status_code == 200

    assert reply.status_code == 503
    assert "python -m pip install 'briefqa[mcp]'" in reply.json()["detail"]
