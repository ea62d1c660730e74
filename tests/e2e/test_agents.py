"""An agent's client starts `briefqa mcp` and talks to it over stdin and stdout."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

import anyio
import pytest
from mcp import Client, StdioServerParameters

from briefqa import build_index

_QUESTION = "When was the harbour dredged?"
_COMMAND = [sys.executable, "-m", "briefqa", "mcp"]

_Result = TypeVar("_Result")


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of a note, beside the folder that it came from."""
    folder = tmp_path_factory.mktemp("agents")
    (folder / "my notes").mkdir()
    path = folder / "my notes" / "harbour #1.txt"
    path.write_text("The harbour was dredged in 1998. It is deep.\n", encoding="utf-8")
    build_index(folder / "my notes", folder / "index", embedder="hash")
    return folder / "index"


def _with_client(index: Path, use: Callable[[Client], Awaitable[_Result]], *more: str) -> _Result:
    arguments = ["-m", "briefqa", "mcp", "--index", str(index), *more]
    server = StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ))

    async def connected() -> _Result:
        async with Client(server) as client:
            return await use(client)

    return anyio.run(connected)


async def _research(client: Client) -> tuple[Any, Any, Any]:
    """Do what an agent does: search, read, ask."""
    searched = await client.call_tool("search", {"query": _QUESTION})
    (result,) = searched.structured_content["results"]
    fetched = await client.call_tool("fetch", {"id": result["id"]})
    asked = await client.call_tool("ask", {"question": _QUESTION})
    return result, fetched.structured_content, asked.structured_content


def test_agent_searches_reads_and_asks(notes: Path) -> None:
    """Its links open without a server: they lead to the files."""
    result, fetched, answer = _with_client(notes, _research)

    assert result["id"] == fetched["id"] == "harbour #1.txt"
    for url in (result["url"], fetched["url"], answer["citations"][0]["href"]):
        path = Path(url2pathname(urlsplit(url).path))
        assert path.read_text(encoding="utf-8") == fetched["text"]
    assert answer["citations"][0]["quote"] == "The harbour was dredged in 1998."


def test_links_lead_to_a_service_where_one_is_named(notes: Path) -> None:
    """There the very words are highlighted."""
    result, fetched, answer = _with_client(notes, _research, "--url", "http://briefs.example/")

    assert fetched["url"] == "http://briefs.example/documents/harbour%20%231.txt"
    assert result["url"].startswith(f"{fetched['url']}#chars=")
    assert answer["citations"][0]["href"].startswith(f"{fetched['url']}#chars=")


def test_stdout_holds_the_protocol_and_nothing_else(notes: Path) -> None:
    """One stray line, of a progress bar or a log, and the client gives up."""
    request = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "0"},
        },
    }

    done = subprocess.run(
        [*_COMMAND, "--index", str(notes)],
        input=json.dumps(request) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    (reply,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert reply["id"] == 1
    assert reply["result"]["serverInfo"]["name"] == "briefqa"


def test_missing_index_is_told_before_anything_is_served(tmp_path: Path) -> None:
    """A client shows what its server said on stderr, and the exit code tells what is wrong."""
    done = subprocess.run(
        [*_COMMAND, "--index", str(tmp_path / "none")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 4
    assert done.stdout == ""
    assert "no index in" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_interrupt_ends_it_in_order(notes: Path) -> None:
    """Whoever tries it in a terminal stops it with Ctrl-C."""
    with subprocess.Popen(
        [*_COMMAND, "--index", str(notes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write('{"jsonrpc": "2.0", "id": 7, "method": "ping"}\n')
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == 7
        process.send_signal(signal.SIGINT)

        # Its stdin stays open, as that of a terminal does.
        assert process.wait(timeout=20) == 130
        assert "Traceback" not in process.stderr.read()


def test_requests_may_come_from_a_file(notes: Path, tmp_path: Path) -> None:
    """A file ends, and cannot be waited on as a pipe can; half a line is no reason to fail."""
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    (tmp_path / "requests").write_text(json.dumps(ping), encoding="utf-8")
    with (tmp_path / "requests").open("rb") as requests:
        done = subprocess.run(
            [*_COMMAND, "--index", str(notes)],
            stdin=requests,
            capture_output=True,
            timeout=60,
            check=True,
        )

    assert json.loads(done.stdout) == {"jsonrpc": "2.0", "id": 1, "result": {}}
