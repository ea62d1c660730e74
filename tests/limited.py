"""A service on a real socket within limits of a test's own, in a thread of its process."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from briefqa import Service
from briefqa.api import create_app
from briefqa.api.limiting import Limits, Slots
from briefqa.api.server import Server

PATIENCE_S = 20.0


@dataclass(frozen=True)
class Limited:
    """Where it listens, and what it counts; ``stop`` is what a signal does."""

    host: str
    port: int
    slots: Slots
    server: Server
    thread: threading.Thread

    @property
    def url(self) -> str:
        """The address."""
        return f"http://{self.host}:{self.port}"

    def connect(self) -> socket.socket:
        """Open a connection."""
        found = socket.create_connection((self.host, self.port))
        found.settimeout(PATIENCE_S)
        return found

    def stop(self) -> None:
        """Do what SIGTERM does."""
        self.server.should_exit = True


@contextmanager
def listening_within(service: Service, limits: Limits) -> Iterator[Limited]:
    """Serve ``service`` as `serve` does, on a port of its own."""
    app = create_app(service, limits=limits)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()
        server = Server(app, limits, url=f"http://{host}:{port}")
        thread = threading.Thread(target=lambda: server.run(sockets=[listener]), daemon=True)
        thread.start()
        try:
            wait_until(lambda: server.started)
            yield Limited(host, port, app.state.slots, server, thread)
        finally:
            server.should_exit = server.force_exit = True
            thread.join(PATIENCE_S)


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until ``holds`` says so."""
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends, "it does not come to hold"
        time.sleep(0.01)
