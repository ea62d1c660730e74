"""Work in a process of its own, forked from this one: it starts at once, and may be killed."""

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from briefqa.datatypes import JsonValue
from briefqa.errors import BriefqaError


@dataclass(frozen=True, slots=True)
class Ending:
    """How a piece of work ended: killed, with an error, or with a result.

    ``is_ours`` tells errors raised on purpose from others.
    """

    result: JsonValue = None
    was_killed: bool = False
    error: str | None = None
    message: str = ""
    is_ours: bool = False

    @property
    def name(self) -> str:
        """One word for it."""
        return "killed" if self.was_killed else self.error or "done"


class Fork:
    """Work under way in a process of its own; its result travels as JSON."""

    def __init__(self, work: Callable[[], JsonValue]) -> None:
        self._out, into = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._out)
            try:
                os.write(into, _told(work))
            finally:
                os._exit(0)
        os.close(into)

    def has_stopped(self) -> bool:
        """Wait until it stands still or has ended; return whether it stands still."""
        # WNOWAIT: if it has ended, it is `ending` that collects it.
        change = os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        return change is not None and change.si_code == os.CLD_STOPPED

    def send(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def ending(self) -> Ending:
        """Wait for its end."""
        with open(self._out, "rb") as stream:  # noqa: PTH123 - a pipe has no path
            data = stream.read()
        _, status = os.waitpid(self.pid, 0)
        if not data:
            return Ending(was_killed=True, message=f"status {status}")
        return Ending(**json.loads(data))


def forked(work: Callable[[], JsonValue], *, kill_after_s: float | None = None) -> Ending:
    """Do ``work`` in a process of its own, and wait for its end, or bring it about."""
    fork = Fork(work)
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        fork.send(signal.SIGKILL)
    return fork.ending()


def _told(work: Callable[[], JsonValue]) -> bytes:
    try:
        record = {"result": work()}
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told to the parent
        ours = isinstance(error, BriefqaError)
        record = {"error": type(error).__name__, "message": str(error), "is_ours": ours}
    return json.dumps(record).encode()
