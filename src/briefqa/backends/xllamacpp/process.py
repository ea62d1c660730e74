"""Starts the process that runs the local language model, and sees to it that it ends."""

import http.client
import json
import queue
import secrets
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from briefqa.errors import BackendError
from briefqa.machine import available_cores

START_S = 120.0
"""Seconds that a model of some gigabytes may take to load."""

_END_S = 2.0
_COUNT_S = 5.0
_MOST_SAID = 300


class LocalServer:
    """A process of ours that serves one model on this machine, to us alone.

    It ends with this object, with this process, or when this process is killed.
    """

    def __init__(self, weights: Path, *, context_tokens: int, timeout_s: float) -> None:
        """Start the process, and wait until it serves.

        Args:
            weights: A GGUF file.
            context_tokens: Most tokens that prompt and answer may have together.
            timeout_s: Seconds in which it must have loaded the model.

        Raises:
            BackendError: If it does not serve by then.
        """
        self.key = secrets.token_urlsafe(32)
        # On disk, so that what is logged can neither fill memory nor hold the process up.
        log = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "briefqa.backends.xllamacpp.serving"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            # Its own, so that an interrupt on the terminal does not reach it.
            start_new_session=True,
        )
        # Runs at the interpreter's end as well.
        self.stop = weakref.finalize(self, _end, self._process, log)
        told = {
            "weights": str(weights.absolute()),
            "context_tokens": context_tokens,
            "key": self.key,
            "threads": available_cores(),
        }
        said = _exchanged(self._process, json.dumps(told).encode() + b"\n", timeout_s)
        try:
            self.address: str = json.loads(said)["address"]
        except (ValueError, LookupError, TypeError) as error:
            reason = _last_words(log)
            self._process.kill()
            self.stop()
            msg = f"the local language model {str(weights)!r} does not start: {reason}"
            raise BackendError(msg) from error

    def count_tokens(self, text: str) -> int:
        """Return how many tokens ``text`` has for the model itself.

        Raises:
            BackendError: If the process does not tell.
        """
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=_COUNT_S)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        try:
            connection.request("POST", "/tokenize", json.dumps({"content": text}), headers)
            return len(json.loads(connection.getresponse().read())["tokens"])
        except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as error:
            msg = f"the local language model does not count tokens: {error}"
            raise BackendError(msg) from error
        finally:
            connection.close()

    @property
    def is_running(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid


def _exchanged(process: "subprocess.Popen[bytes]", told: bytes, timeout_s: float) -> bytes:
    """Tell the process what to serve, and return what it says; nothing if it does not in time."""
    said: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def exchange() -> None:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(told)
            process.stdin.flush()
            said.put(process.stdout.readline())
        except OSError:
            said.put(b"")

    threading.Thread(target=exchange, name="local-model", daemon=True).start()
    try:
        return said.get(timeout=max(0.0, timeout_s))
    except queue.Empty:
        return b""


def _last_words(log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode("utf-8", "replace").split("\n")
    said = " ".join(" ".join(lines[-6:]).split())
    return said[-_MOST_SAID:] or "it does not say why"


def _end(process: "subprocess.Popen[bytes]", log: IO[bytes]) -> None:
    """End the process: by closing its stdin, and by force if that is not heeded."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    log.close()
