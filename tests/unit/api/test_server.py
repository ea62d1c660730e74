"""An address that cannot be had is told in one line; a signal to end is never lost."""

import os
import signal
import socket
import threading

import pytest
import uvicorn

from briefqa import Service
from briefqa.api import serve
from briefqa.errors import AddressInUseError, SettingsError


def test_port_in_use_is_named(service: Service) -> None:
    """The second server of an evening fails by saying which port to change."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(AddressInUseError, match=f"port {port} on 127.0.0.1") as caught:
            serve(service, host="127.0.0.1", port=port)

    assert (caught.value.host, caught.value.port) == ("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "a\0b", "x" * 300])
def test_impossible_host_is_named(service: Service, host: str) -> None:
    """A mistyped address reads as a wrong setting, not as a bug."""
    with pytest.raises(SettingsError, match="cannot listen on port 0"):
        serve(service, host=host, port=0)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_termination_before_the_first_request_ends_the_server(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A supervisor that changes its mind at once must not wait for ever."""
    run = uvicorn.Server.run
    ended_late = threading.Event()

    def run_once_told_to_end(
        server: uvicorn.Server, sockets: list[socket.socket] | None = None
    ) -> None:
        def end_late() -> None:
            ended_late.set()
            server.should_exit = True

        os.kill(os.getpid(), signal.SIGTERM)
        patience = threading.Timer(20.0, end_late)
        patience.start()
        run(server, sockets)
        patience.cancel()

    monkeypatch.setattr(uvicorn.Server, "run", run_once_told_to_end)

    serve(service, host="127.0.0.1", port=0)

    assert not ended_late.is_set()
