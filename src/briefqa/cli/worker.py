"""One of several processes that answer: ``python -m briefqa.cli.worker LINK LISTENER``.

Both are numbers of file descriptors: of a connection to the process that started this one, and
of the socket to listen on. Its standard input says nothing and ends with that process.
"""

import os
import signal
import socket
import sys
import threading
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from briefqa.cli.output import say_warnings, tolerate_narrow_encodings
from briefqa.cli.serving import serve_here
from briefqa.cli.telling import told

if TYPE_CHECKING:
    from briefqa.settings import Settings


class _SharedRate:
    """Has the process that started this one count, for all together."""

    def __init__(self, link: Connection, per_minute: int) -> None:
        self.per_minute = per_minute
        self._link = link

    def take(self, client: str) -> int:
        """Count a request of ``client``; return 0, or in how many seconds it may ask again."""
        try:
            self._link.send(client)
            return int(self._link.recv())
        except (OSError, EOFError):
            # Without the other process this one ends too.
            return 1


def main() -> int:
    """Answer until told to stop; return the exit code."""
    tolerate_narrow_encodings()
    say_warnings()
    link, listener = (int(number) for number in sys.argv[1:])
    threading.Thread(target=_end_with_the_other, daemon=True).start()
    return told(lambda: _serve(Connection(link), socket.socket(fileno=listener)))


def _serve(link: Connection, listener: socket.socket) -> int:
    settings: Settings = link.recv()
    per_minute = settings.server.requests_per_minute
    serve_here(
        settings,
        listener=listener,
        rate=None if per_minute is None else _SharedRate(link, per_minute),
        # An empty name is no client's.
        on_ready=lambda _: link.send(""),
    )
    return 0


def _end_with_the_other() -> None:
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
