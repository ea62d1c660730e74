"""Questions over HTTP to a server that runs in processes of its own."""

import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote

from compared.contenders import OURS, Contender
from compared.processes import resident_megabytes

CLIENTS = 8
_PATIENCE_S = 120


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did under load: questions a second, and the memory it held at the end."""

    per_second: float
    megabytes: float


def can_have_workers(ours: Contender) -> bool:
    """Return whether this briefqa serves from several processes."""
    command = [str(ours.python), "-m", "briefqa", "serve", "--help"]
    shown = subprocess.run(
        command, env=ours.environment, check=True, capture_output=True, text=True
    )
    return "--workers" in shown.stdout


def measure(
    contender: Contender, questions: Sequence[str], *, workers: int, seconds: float
) -> Load:
    """Start the contender's server, ask with eight clients for ``seconds``, end it."""
    with _served(contender, workers) as (port, process):
        ask = _ask_ours if contender.name == OURS else _ask_txtai
        # Each process opens the index and warms up.
        _asked(port, ask, questions, 2, first=5000)
        done = _asked(port, ask, questions, seconds, first=0)
        return Load(done / seconds, resident_megabytes(process))


def _ask_ours(connection: http.client.HTTPConnection, question: str) -> None:
    body = json.dumps({"question": question, "top_k": 10})
    connection.request("POST", "/v1/search", body, {"Content-Type": "application/json"})


def _ask_txtai(connection: http.client.HTTPConnection, question: str) -> None:
    connection.request("GET", f"/search?query={quote(question)}&limit=10")


def _asked(
    port: int,
    ask: Callable[[http.client.HTTPConnection, str], None],
    questions: Sequence[str],
    seconds: float,
    first: int,
) -> int:
    done = [0] * CLIENTS
    failed: list[str] = []
    ends = time.perf_counter() + seconds

    def client(mine: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
        asked = islice(cycle(questions), mine, None, CLIENTS)
        for number, question in enumerate(asked, first):
            try:
                # Each its own words, so that nothing could be remembered from before.
                ask(connection, f"{question} {number}")
                reply = connection.getresponse()
                body = reply.read()
            except (OSError, http.client.HTTPException) as error:
                failed.append(repr(error))
                return
            if reply.status != http.client.OK or len(body) < len("[{}]"):
                failed.append(f"{reply.status}: {body[:200]!r}")
                return
            if time.perf_counter() > ends:
                return
            done[mine] += 1

    threads = [threading.Thread(target=client, args=(mine,)) for mine in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        msg = f"the server gave {failed[0]}"
        raise RuntimeError(msg)
    return sum(done)


@contextmanager
def _served(contender: Contender, workers: int) -> Iterator[tuple[int, int]]:
    """Run the contender's server until the end; give its port and its process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = contender.environment
    if contender.name == OURS:
        line = f"-m briefqa serve --index {shlex.quote(str(contender.index))} --port {port}"
    else:
        settings = contender.place / "server.yml"
        settings.write_text(f"path: {contender.index}\nembeddings:\n", encoding="utf-8")
        environment |= {"CONFIG": str(settings)}
        line = f"-m uvicorn txtai.api:app --port {port} --log-level warning"
    command = [str(contender.python), *shlex.split(line)]
    command += ["--workers", str(workers)] if workers > 1 else []
    with (contender.place / "server.txt").open("w", encoding="utf-8") as messages:
        process = subprocess.Popen(
            command, env=environment, stdout=messages, stderr=messages, start_new_session=True
        )
        try:
            _wait_for(process, port, Path(messages.name))
            yield port, process.pid
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE_S / 4)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
        with suppress(OSError):
            connection.request("GET", "/openapi.json")
            connection.getresponse().read()
            return
        time.sleep(0.2)
    msg = f"the server did not come up; see {log}"
    raise RuntimeError(msg)
