"""Access as strangers meet it: the command, a real socket, and bytes that no client would send."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from briefqa import build_index
from briefqa.settings.keys import hashed

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")

_PATIENCE_S = 20
_KEY = "alice-has-this-key"
_ADMIN_KEY = "whoever-may-change-has-this"
_SETTINGS = f"""
[server]
port = 0
admin_key = "{hashed(_ADMIN_KEY)}"
allowed_hosts = ["briefs.example.org"]
cors_origins = ["https://app.example.org"]

[server.keys]
alice = "{hashed(_KEY)}"
"""
_BRIEFQA = [sys.executable, "-m", "briefqa"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index and settings."""
    folder = tmp_path_factory.mktemp("access")
    (folder / "briefs").mkdir()
    (folder / "briefs" / "note.txt").write_text("The harbour was dredged in 1998.\n")
    build_index(folder / "briefs", folder / "index", embedder="hash")
    (folder / "briefqa.toml").write_text(_SETTINGS)
    return folder


@dataclass(frozen=True)
class _Served:
    """`briefqa serve` in a process of its own."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def say(self, *lines: bytes, body: bytes = b"") -> tuple[int, bytes]:
        """Send a request byte by byte as given; return the status and all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), _PATIENCE_S) as connection:
            connection.sendall(b"\r\n".join([*lines, b"Connection: close", b"", body]))
            parts = []
            try:
                while part := connection.recv(65_536):
                    parts.append(part)
            except ConnectionResetError:
                # It may refuse before it has read everything.
                pass
        reply = b"".join(parts)
        head = re.match(rb"HTTP/1\.1 (\d{3}) ", reply)
        assert head, reply
        return int(head[1]), reply


def _environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BRIEFQA_")}
    return {**kept, **more}


@contextmanager
def _serving(folder: Path, log: Path, *arguments: str, **environment: str) -> Iterator[_Served]:
    command = [*_BRIEFQA, "serve", *arguments]
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(
            command, cwd=folder, stderr=errors, env=_environment(**environment)
        ) as process,
    ):
        try:
            ends = time.monotonic() + _PATIENCE_S
            while (found := re.search(r"serving at \S+:(\d+) ", log.read_text("utf-8"))) is None:
                assert process.poll() is None, log.read_text("utf-8")
                assert time.monotonic() < ends, log.read_text("utf-8")
                time.sleep(0.02)
            yield _Served(int(found[1]), log)
            process.send_signal(signal.SIGTERM)
            assert process.wait(_PATIENCE_S) == 0
        finally:
            process.kill()


@pytest.fixture(scope="module")
def served(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Served]:
    """A server with keys that all tests of this module share; none may have it fail."""
    log = tmp_path_factory.mktemp("log") / "log"
    with _serving(folder, log) as served:
        yield served
    said = log.read_text(encoding="utf-8")
    assert "Traceback" not in said
    assert _KEY not in said
    assert _ADMIN_KEY not in said
    statuses = [json.loads(line).get("status") for line in said.splitlines() if line[0] == "{"]
    assert not [status for status in statuses if status is not None and status >= 500]


_LINE = b"GET /v1/documents HTTP/1.1"
_HOST = b"Host: localhost"
_BEARER = b"Authorization: Bearer "
_GOOD = _BEARER + _KEY.encode()


def test_keys_of_the_settings_let_in(served: _Served) -> None:
    """Those of readers may read, that of the operator may also change."""
    with httpx2.Client(base_url=served.url, timeout=_PATIENCE_S) as client:
        reader = {"Authorization": f"Bearer {_KEY}"}
        admin = {"Authorization": f"Bearer {_ADMIN_KEY}"}

        assert client.get("/v1/documents").status_code == 401
        assert client.get("/v1/documents", headers=reader).status_code == 200
        assert client.get("/v1/documents", headers=admin).status_code == 200
        assert client.put("/v1/documents/a.md", content=b"x", headers=reader).status_code == 401
        sent = client.put("/v1/documents/a.md", content=b"Wind is cheap.", headers=admin)
        assert sent.status_code == 201
        assert client.delete("/v1/documents/a.md", headers=reader).status_code == 401
        assert client.delete("/v1/documents/a.md", headers=admin).status_code == 200
        large = client.post("/v1/ask", content=b"x" * 5_000_000)
        assert large.status_code == 401


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([_LINE, _HOST], 401),
        ([_LINE, _HOST, _GOOD], 200),
        ([_LINE, b"host:localhost", b"aUTHORIZATION:\tbEARER  " + _KEY.encode() + b"\t "], 200),
        ([_LINE, _HOST, b"X-API-Key: " + _KEY.encode()], 200),
        ([_LINE, _HOST, _GOOD, _GOOD], 401),
        ([_LINE, _HOST, _GOOD, _BEARER + b"x"], 401),
        ([_LINE, _HOST, _BEARER + b"x", _GOOD], 401),
        ([_LINE, _HOST, b"Authorization:"], 401),
        ([_LINE, _HOST, b"Authorization: Bearer"], 401),
        ([_LINE, _HOST, _BEARER + "schlüssel 🔑".encode()], 401),
        ([_LINE, _HOST, _BEARER + b"\xff\xfe\x80\xa0"], 401),
        ([_LINE, _HOST, _BEARER + b"\x00"], 400),
        ([_LINE, _HOST, _BEARER + b"x" * 30_000], 401),
        ([_LINE, _HOST, b"X-API-Key: " + b"x," * 15_000], 401),
        ([_LINE, _HOST, _GOOD, b"Origin: " + b"x" * 30_000], 200),
        ([_LINE, _HOST, _BEARER + b"x" * 200_000], 400),
        ([_LINE, _HOST, _GOOD, b" folded"], 401),
        ([_LINE, _GOOD], 400),
        ([_LINE, _HOST, _HOST, _GOOD], 400),
        ([_LINE, _HOST, b"Host: evil.example", _GOOD], 400),
        ([_LINE, b"Host:", _GOOD], 400),
        ([_LINE, b"Host: evil.example", _GOOD], 421),
        ([_LINE, b"Host: EVIL.example:80", _GOOD], 421),
        ([_LINE, b"Host: BRIEFS.example.ORG:443", _GOOD], 200),
        ([_LINE, b"Host: [::1]:8321", _GOOD], 200),
        ([_LINE, b"Host: [::1", _GOOD], 400),
        ([_LINE, b"Host: localhost evil", _GOOD], 400),
        ([_LINE, b"Host: \xff\xfe", _GOOD], 400),
        ([_LINE, "Host: schloß.example".encode(), _GOOD], 400),
        ([_LINE, b"Host: " + b"a" * 30_000, _GOOD], 400),
        ([_LINE, b"Host: " + b"1" * 5_000 + b".2.3.4", _GOOD], 400),
        ([b"GET /v1/documents HTTP/1.0", _GOOD], 400),
        ([b"GET /v1/documents HTTP/1.0", _HOST, _GOOD], 200),
        # The name in the address does not count, and does not make the other one right.
        ([b"GET http://localhost/v1/documents HTTP/1.1", b"Host: evil.example", _GOOD], 421),
        ([b"GET //v1/documents HTTP/1.1", _HOST], 401),
        ([b"GET /documents/../v1/documents HTTP/1.1", _HOST], 200),
        ([b"GET /assets/%2e%2e/v1/documents HTTP/1.1", _HOST], 404),
        ([b"GET /docs/..%2fv1/documents HTTP/1.1", _HOST], 404),
        ([b"OPTIONS * HTTP/1.1", _HOST], 401),
        ([b"BREW /v1/documents HTTP/1.1", _HOST], 401),
        ([b"DELETE /v1/documents/note.txt HTTP/1.1", _HOST, b"Origin: null", _GOOD], 403),
        ([b"DELETE /v1/documents/x HTTP/1.1", _HOST, b"Origin: \xff", _GOOD], 403),
        ([b"DELETE /v1/documents/x HTTP/1.1", _HOST, b"Origin: http://[", _GOOD], 403),
    ],
)
def test_no_request_is_too_odd_for_an_answer(
    served: _Served, lines: list[bytes], status: int
) -> None:
    """It is let in or refused, each for its reason, and never by way of an error of ours."""
    found, reply = served.say(*lines)

    assert found == status, reply[:500]
    if found != 200:
        assert b"note.txt" not in reply.partition(b"\r\n\r\n")[2].replace(
            b'documents/note.txt"', b""
        )
    assert _KEY.encode() not in reply


def test_path_that_climbs_out_of_the_page_stays_the_page(served: _Served) -> None:
    """What needs no key is told by the very path that the routes go by."""
    _, page = served.say(b"GET /documents/x HTTP/1.1", _HOST)
    _, climbing = served.say(b"GET /documents/../v1/documents HTTP/1.1", _HOST)

    assert climbing.partition(b"\r\n\r\n")[2] == page.partition(b"\r\n\r\n")[2]


def test_agents_need_the_key(served: _Served) -> None:
    """The tools read the same documents."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream"}
    asked = [
        httpx2.post(f"{served.url}/mcp", json=body, headers={**headers, **more})
        for more in ({}, {"Authorization": f"Bearer {_KEY}"})
    ]

    assert [reply.status_code for reply in asked] == [401, 200]
    assert asked[0].headers["www-authenticate"] == "Bearer"
    assert asked[0].headers["content-type"] == "application/problem+json"


def test_command_refuses_an_open_address_without_a_key(folder: Path, tmp_path: Path) -> None:
    """One line that says what to do, and the exit code of any other wrong setting."""
    (tmp_path / "briefqa.toml").write_text(f'index = "{(folder / "index").as_posix()}"\n')
    refused = subprocess.run(
        [*_BRIEFQA, "serve", "--host", "0.0.0.0", "--port", "0"],  # noqa: S104 - the point
        cwd=tmp_path,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )

    assert refused.returncode == 2
    assert refused.stdout == ""
    assert len(refused.stderr.splitlines()) == 1
    assert "briefqa keys new NAME" in refused.stderr


def test_command_listens_on_an_open_address_with_a_key(folder: Path, tmp_path: Path) -> None:
    """A container gets its key from the environment, and needs no file."""
    open_address = "0.0.0.0"  # noqa: S104 - the point
    with _serving(folder, tmp_path / "log", "--host", open_address) as served:
        assert httpx2.get(f"{served.url}/v1/documents").status_code == 401
        given = {"X-API-Key": _KEY}
        assert httpx2.get(f"{served.url}/v1/documents", headers=given).status_code == 200


def test_new_key_of_the_command_opens_the_service(folder: Path, tmp_path: Path) -> None:
    """From `briefqa keys new` to the first answer, with what it prints and nothing else."""
    made = subprocess.run(
        [*_BRIEFQA, "keys", "new", "bob"], capture_output=True, text=True, check=True
    )
    key, line = made.stdout.strip(), made.stderr.splitlines()[-1]
    again = subprocess.run(
        [*_BRIEFQA, "keys", "hash"], input=made.stdout, capture_output=True, text=True, check=True
    )
    settings = (
        f'index = "{(folder / "index").as_posix()}"\n[server]\nport = 0\n[server.keys]\n{line}\n'
    )
    (tmp_path / "briefqa.toml").write_text(settings)

    assert key not in made.stderr
    assert line == f'bob = "{again.stdout.strip()}"'
    with _serving(tmp_path, tmp_path / "log") as served:
        asked = httpx2.post(
            f"{served.url}/v1/ask",
            json={"question": "When was the harbour dredged?"},
            headers={"Authorization": f"Bearer {key}"},
        )
        assert asked.json()["answered"]
        assert httpx2.get(f"{served.url}/v1/models").status_code == 401


def test_rate_holds_under_many_requests_at_once(folder: Path, tmp_path: Path) -> None:
    """However they arrive, no more are let in than the bucket holds."""
    limit = {"BRIEFQA_SERVER__REQUESTS_PER_MINUTE": "20"}
    with (
        _serving(folder, tmp_path / "log", **limit) as served,
        ThreadPoolExecutor(16) as pool,
    ):
        headers = {"Authorization": f"Bearer {_KEY}"}
        began = time.monotonic()
        asked = list(
            pool.map(lambda _: httpx2.get(f"{served.url}/v1/models", headers=headers), range(60))
        )
        flowed_in = 20 * (time.monotonic() - began) / 60

    let_in = [reply for reply in asked if reply.status_code == 200]
    refused = [reply for reply in asked if reply.status_code == 429]
    assert 20 <= len(let_in) <= 21 + flowed_in
    assert len(let_in) + len(refused) == 60
    assert all(1 <= int(reply.headers["retry-after"]) <= 3 for reply in refused)
