"""A service on a real socket, in a thread of the test's own process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from briefqa import Service
from briefqa.api import create_app
from briefqa.api.access import OPEN, Access

_PATIENCE_S = 10


@contextmanager
def listening(service: Service, access: Access = OPEN) -> Iterator[str]:
    """Serve ``service`` on a port of its own, and give the address."""
    app = create_app(service, access=access)
    config = uvicorn.Config(app, port=0, log_config=None, ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        ends = time.monotonic() + _PATIENCE_S
        while not server.started:
            assert time.monotonic() < ends, "the server does not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        thread.join(_PATIENCE_S)
