"""One child process that reads files: how it is started, watched, asked and ended."""

import json
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, cast

from briefqa.documents.files import SourceFile
from briefqa.documents.isolation.transfer import MOST_BYTES, TransferError
from briefqa.documents.isolation.worker import (
    DONE,
    FOUND,
    FRAME,
    PEAK,
    READY,
    RETIRING,
    Configuration,
)
from briefqa.documents.options import ReadingOptions
from briefqa.errors import BackendError

_START_TIMEOUT_S = 60.0
_KEPT_LINES = 40
_LONGEST_LINE = 500
_MOST_TIMES_FILE = 2_000
"""How many times the size of its file all that is sent may measure: short rows grow the most."""

_NEAR_LIMIT = 0.75
_PEAK = re.compile(re.escape(PEAK) + rb"(\d{1,18})\n")
# The package itself is only given a name here: importing it would load all that answers questions.
_BOOT = """
import json, sys, types
config = json.loads(sys.stdin.buffer.readline())
sys.path[:] = config["path"]
package = types.ModuleType("briefqa")
package.__path__ = config["package"]
sys.modules["briefqa"] = package
from briefqa.documents.isolation.worker import main
main(config)
"""
_PASSED_VARIABLES = (
    "PATH",
    "TESSDATA_PREFIX",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",
)


class ChildEndedError(Exception):
    """The child ended, or was ended, before its reply was whole."""


class Child:
    """A process that reads one file after another; it is to be ended with `end`.

    ``is_busy`` from the moment a reply is begun until it is whole;
    ``is_retiring`` once the child has said that it reads no more.
    """

    def __init__(self, options: ReadingOptions, reader: str) -> None:
        self.is_busy = self.is_retiring = self.was_late = self._was_killed = False
        self._is_ready = False
        self._peak_at_start = self._peak = 0
        self._words: deque[bytes] = deque(maxlen=_KEPT_LINES)
        self._asked: deque[SourceFile] = deque()
        self._may_send = MOST_BYTES
        try:
            self._process = _start()
        except OSError as error:
            raise _start_error(str(error)) from error
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._replies = cast("IO[bytes]", self._process.stdout)
        self._deadline = math.inf
        self._shortest_wait_s = min(_START_TIMEOUT_S, options.timeout_s)
        self._ended = threading.Event()
        self._ending = threading.Lock()
        self._threads = [
            threading.Thread(target=work, name=f"briefqa-{work.__name__}", daemon=True)
            for work in (self._watch, self._listen)
        ]
        for thread in self._threads:
            thread.start()
        self._send(_configuration(options, reader))

    def ask(self, file: SourceFile) -> bool:
        """Ask for ``file``, to be read after what was asked for before; return whether it will."""
        # Not by polling, which would forget how much memory the process took.
        if self.is_retiring or self._has_ended_within(0.0):
            return False
        path = os.path.abspath(file.location)  # noqa: PTH100 - `Path.absolute` is slower, keeps ".."
        if not self._send({"path": path, "source": file.source}):
            return False
        self._asked.append(file)
        return True

    def begin(self, file: SourceFile) -> bool:
        """Turn to the reply about ``file``; return whether it is the next and the child ready."""
        if self.is_busy or not self._asked or self._asked[0] != file:
            return False
        if not self._is_ready:
            with suppress(ChildEndedError):
                self._peak_at_start = int(self._frame(_START_TIMEOUT_S, READY)[1])
                self._is_ready = True
        self._asked.popleft()
        try:
            self._may_send = MOST_BYTES + _MOST_TIMES_FILE * file.path.lstat().st_size
        except OSError:
            self._may_send = MOST_BYTES
        self.is_busy = self._is_ready
        return self.is_busy

    def receive(self, timeout_s: float) -> bytes | None:
        """Return the next packed document or error of the file asked for; None after the last.

        Raises:
            ChildEndedError: If the child ends, or takes more than ``timeout_s``.
            TransferError: If it sends what it never should.
        """
        kind, content = self._frame(timeout_s, FOUND, DONE, RETIRING)
        if kind == FOUND:
            return content
        self.is_busy = False
        self.is_retiring = kind == RETIRING
        return None

    def end(self, *, patience_s: float = 0.0) -> None:
        """End the process and whatever it has started; with patience, let it end by itself."""
        has_ended = self._has_ended_within(patience_s)
        with self._ending:
            if self._ended.is_set():
                return
            self._was_killed = not has_ended
            self._ended.set()
            self._kill()
            self._reap()
        for thread in self._threads:
            thread.join()
        for stream in (self._requests, self._replies, self._process.stderr):
            # What could not be sent is of no use to anyone now.
            with suppress(OSError):
                cast("IO[bytes]", stream).close()
        self.is_busy = False
        self.is_retiring = True

    @property
    def status(self) -> str:
        """How the process ended, in a word."""
        code = self._process.returncode
        if code is not None and code < 0:
            with suppress(ValueError):
                return signal.Signals(-code).name
        return f"exit code {code}"

    @property
    def last_words(self) -> str:
        """The last lines that it and its libraries printed."""
        return b"".join(self._words).decode(errors="replace")

    def ran_out_of(self, memory_bytes: int) -> bool:
        """Say whether the process, which has ended by itself, most likely lacked memory."""
        if self.status == "SIGKILL" and not self._was_killed:
            return True  # The system does so to whatever takes most when it has none left.
        if self._peak > max(self._peak_at_start, _NEAR_LIMIT * memory_bytes):
            return True
        words = self.last_words.lower()
        return any(word in words for word in ("bad_alloc", "out of memory", "memory allocation"))

    def start_error(self) -> BackendError:
        """Return an error that says why the process did not start."""
        self.end(patience_s=1.0)
        return _start_error(self.last_words.strip() or self.status)

    def _send(self, message: Mapping[str, object]) -> bool:
        try:
            self._requests.write(json.dumps(message).encode() + b"\n")
            self._requests.flush()
        except OSError:
            return False
        return True

    def _frame(self, timeout_s: float, *kinds: bytes) -> tuple[bytes, bytes]:
        self._deadline = time.monotonic() + timeout_s
        try:
            kind, length = FRAME.unpack(self._exactly(FRAME.size))
            self._may_send -= length
            if kind not in kinds or length > MOST_BYTES or self._may_send < 0:
                msg = "a message of the wrong kind or size"
                raise TransferError(msg)
            return kind, self._exactly(length)
        finally:
            self._deadline = math.inf

    def _exactly(self, count: int) -> bytes:
        content = self._replies.read(count)
        if len(content) < count:
            raise ChildEndedError
        return content

    def _watch(self) -> None:
        """End the process once the deadline has passed, which also ends the wait for it."""
        # A deadline set during the wait never comes before its end.
        while not self._ended.wait(
            min(self._shortest_wait_s, max(0.0, self._deadline - time.monotonic()))
        ):
            with self._ending:
                if time.monotonic() > self._deadline and not self._ended.is_set():
                    self.was_late = True
                    self._kill()
                    return

    def _listen(self) -> None:
        """Keep the last of what is printed: nobody else may see it, and a full pipe would block."""
        stream = cast("IO[bytes]", self._process.stderr)
        while line := stream.readline(_LONGEST_LINE):
            if peak := _PEAK.fullmatch(line):
                self._peak = int(peak[1])
            else:
                self._words.append(line)

    def _kill(self) -> None:
        if sys.platform == "win32":
            self._process.kill()
        else:
            # Its process group holds the programs it has started too.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _has_ended_within(self, patience_s: float) -> bool:
        """Wait for the process to end by itself; it is left to be reaped."""
        if self._process.returncode is not None:
            return True
        until = time.monotonic() + patience_s
        state = os.WEXITED | os.WNOHANG | os.WNOWAIT if hasattr(os, "waitid") else 0
        while state:
            if os.waitid(os.P_PID, self._process.pid, state):
                return True
            if time.monotonic() >= until:
                return False
            time.sleep(0.001)
        return False

    def _reap(self) -> None:
        if sys.platform == "win32" or self._process.returncode is not None:
            self._process.wait()
            return
        _, status = os.waitpid(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)


def _start() -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _PASSED_VARIABLES if name in os.environ}
    return subprocess.Popen(  # noqa: S603 - our own program, run by our own interpreter
        [sys.executable, "-I", "-B", "-X", "utf8", "-c", _BOOT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**environment, "LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"},
        # An interrupt typed at the terminal is for the parent, which then ends the child.
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def _configuration(options: ReadingOptions, reader: str) -> Configuration:
    return {
        "path": [os.path.abspath(entry) for entry in sys.path],  # noqa: PTH100 - "" is a folder too
        "package": [str(Path(__file__).parents[2])],
        "options": asdict(options),
        "reader": reader,
        "parent": os.getpid(),
    }


def _start_error(reason: str) -> BackendError:
    return BackendError(f"the process that reads files cannot be started: {reason}")
