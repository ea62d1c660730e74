"""Starts several processes that answer at one address, and keeps them running."""

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from types import FrameType
from typing import Final

from prometheus_client.multiprocess import mark_process_dead

from briefqa.api.access import RateLimiter
from briefqa.api.observing.metrics import SHARED
from briefqa.api.server import address_of, listen
from briefqa.cli.serving import configure_logs, say_where
from briefqa.errors import SettingsError
from briefqa.machine import CORES, available_cores
from briefqa.settings import Settings

_FIRST_DELAY_S: Final = 0.5
_LONGEST_DELAY_S: Final = 30.0
# Longer than what a process leaves itself for its end after the last answer.
_LEEWAY_S: Final = 5.0

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Worker:
    """A process that answers, or will; ``link`` leads to it."""

    process: subprocess.Popen[bytes]
    link: Connection
    is_ready: bool = False


def serve_in_workers(settings: Settings) -> int:
    """Serve the index in ``server.workers`` processes until told to stop.

    The first is waited for before the others start, so that what keeps it from answering is
    told once. One that ends later is started again, each time after a longer pause until one
    answers.

    Returns:
        The exit code: 0, or that of a first process which could not begin.

    Raises:
        AddressInUseError: If the port is taken.
        SettingsError: If the address cannot be listened on, or this system cannot share one.
        KeyboardInterrupt: After SIGINT, and an end as orderly as after SIGTERM.
    """
    if os.name != "posix":
        msg = "server.workers is 1 on this system; several processes need a POSIX system"
        raise SettingsError(msg)
    configure_logs(settings.server)
    server = settings.server
    with (
        listen(server.host, server.port, asks_for_key=bool(server.key_digests())) as listener,
        tempfile.TemporaryDirectory(prefix="briefqa-metrics-") as metrics,
        _told_to_stop() as stopping,
    ):
        workers = _Workers(settings, listener, {SHARED: metrics})
        try:
            while not stopping.number and workers.failure is None:
                workers.turn(stopping.woken)
        finally:
            workers.stop(stopping)
    if stopping.number == signal.SIGINT:
        raise KeyboardInterrupt
    return workers.failure or 0


class _Stopping:
    """By which signal this process was told to stop first, and whether once more.

    ``woken`` becomes readable by a signal.
    """

    def __init__(self, woken: socket.socket) -> None:
        self.woken = woken
        self.number = 0
        self.is_urgent = False

    def take(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as it is called
        """Take a signal."""
        self.is_urgent = bool(self.number)
        self.number = self.number or number


@contextlib.contextmanager
def _told_to_stop() -> Iterator[_Stopping]:
    """Have SIGTERM and SIGINT noted instead of raised: no moment is bad for that."""
    woken, waking = socket.socketpair()
    with woken, waking:
        waking.setblocking(False)  # noqa: FBT003 - as it is called
        stopping = _Stopping(woken)
        woken_before = signal.set_wakeup_fd(waking.fileno())
        before = {
            each: signal.signal(each, stopping.take) for each in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield stopping
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
            signal.set_wakeup_fd(woken_before)


class _Workers:
    """The processes, of which there are none before the first `turn`."""

    def __init__(
        self, settings: Settings, listener: socket.socket, environment: Mapping[str, str]
    ) -> None:
        self._settings = settings
        self._listener = listener
        wanted = settings.server.workers
        cores = max(1, available_cores() // wanted)
        self._environment = {**os.environ, **environment, CORES: str(cores)}
        self._workers: list[_Worker] = []
        self._wanted = 1
        self._starts_at = 0.0
        self._delay_s = _FIRST_DELAY_S
        per_minute = settings.server.requests_per_minute
        self._rate = RateLimiter(per_minute or 1)
        self._has_told = False
        self.failure: int | None = None
        """The exit code of a first process that could not begin."""

    def turn(self, woken: socket.socket) -> None:
        """Wait until something happens, and see to it; ``woken`` becomes readable to end this."""
        missing = self._wanted - len(self._workers)
        pause_s = max(0.0, self._starts_at - time.monotonic()) if missing else None
        if missing and not pause_s:
            self._workers += [self._start() for _ in range(missing)]
            pause_s = None
        links = {worker.link: worker for worker in self._workers}
        for ready in wait([woken, *links], timeout=pause_s):
            if isinstance(ready, Connection):
                self._hear(links[ready])

    def stop(self, stopping: _Stopping) -> None:
        """End all of them: in order, or at once if they take too long or it is told again."""
        for worker in self._workers:
            # One that asks whether a client may ask would wait for an answer.
            worker.link.close()
            worker.process.terminate()
        ends = time.monotonic() + self._settings.server.limits.grace_s + _LEEWAY_S
        for worker in self._workers:
            while time.monotonic() < ends and not stopping.is_urgent:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    worker.process.wait(0.1)
                    break
            worker.process.kill()
            self._forget(worker)

    def _start(self) -> _Worker:
        link, theirs = Pipe()
        with theirs:
            numbers = (theirs.fileno(), self._listener.fileno())
            process = subprocess.Popen(  # noqa: S603 - ourselves
                [sys.executable, "-m", "briefqa.cli.worker", *map(str, numbers)],
                stdin=subprocess.PIPE,
                pass_fds=numbers,
                env=self._environment,
                # Its own, so that an interrupt on the terminal comes here, and from here to it.
                start_new_session=True,
            )
        worker = _Worker(process, link)
        self._send(worker, self._settings)
        return worker

    def _hear(self, worker: _Worker) -> None:
        try:
            said = worker.link.recv()
        except (OSError, EOFError):
            self._replace(worker)
            return
        if said:
            self._send(worker, self._rate.take(said))
            return
        worker.is_ready = True
        self._delay_s = _FIRST_DELAY_S
        self._wanted = self._settings.server.workers
        if not self._has_told and sum(each.is_ready for each in self._workers) == self._wanted:
            self._has_told = True
            say_where(address_of(self._settings.server.host, self._listener))

    def _replace(self, worker: _Worker) -> None:
        """See to it that another takes the place of one that ended."""
        self._workers.remove(worker)
        self._forget(worker)
        code = worker.process.returncode
        if self._wanted == 1:
            self.failure = code if code > 0 else 1
            return
        _log.warning("a worker ended", extra={"pid": worker.process.pid, "exit_code": code})
        self._starts_at = time.monotonic() + self._delay_s
        self._delay_s = min(2 * self._delay_s, _LONGEST_DELAY_S)

    def _forget(self, worker: _Worker) -> None:
        worker.link.close()
        worker.process.wait()
        if worker.process.stdin is not None:
            worker.process.stdin.close()
        mark_process_dead(  # type: ignore[no-untyped-call]
            worker.process.pid, self._environment[SHARED]
        )

    @staticmethod
    def _send(worker: _Worker, said: object) -> None:
        # One that has ended is seen by its link.
        with contextlib.suppress(OSError):
            worker.link.send(said)
