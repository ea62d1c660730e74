"""An address that cannot be had is told in one line; a signal to end is never lost."""

import os
import signal
import socket
import threading
from pathlib import Path

import pytest
import uvicorn

from briefqa import Service
from briefqa.api import serve
from briefqa.api.access import Access
from briefqa.datatypes import Answer
from briefqa.errors import AddressInUseError, IndexDamagedError, SettingsError


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
        serve(service, host=host, port=0, access=Access(keys={"alice": bytes(32)}))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104 - the point
def test_address_of_other_machines_needs_a_key(
    service: Service, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody opens their documents to a network by one word too many: no socket is even made."""
    monkeypatch.setattr(socket, "socket", lambda *_: pytest.fail("a socket was made"))

    with pytest.raises(SettingsError, match="briefqa keys new NAME") as caught:
        serve(service, host=host, port=0)

    assert caught.value.exit_code == 2


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_needs_no_key(service: Service, host: str) -> None:
    """On one's own machine everything works at once."""
    if host == "::1" and not socket.has_ipv6:
        pytest.skip("needs IPv6")
    told: list[str] = []

    def end(url: str) -> None:
        told.append(url)
        os.kill(os.getpid(), signal.SIGTERM)

    serve(service, host=host, port=0, on_ready=end)

    assert len(told) == 1


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


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("is_sound", [True, False])
def test_first_question_meets_a_service_that_has_answered(
    service: Service, monkeypatch: pytest.MonkeyPatch, *, is_sound: bool
) -> None:
    """What is loaded with an answer is loaded before; what fails then fails for who asks."""
    happened: list[str] = []
    ask = Service.ask

    def ask_once(self: Service, question: str, *, model: str) -> Answer:
        happened.append("asked")
        if not is_sound:
            raise IndexDamagedError(Path("vectors"), "changed")
        return ask(self, question, model=model)

    def end(_: str) -> None:
        happened.append("ready")
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Service, "ask", ask_once)

    serve(service, host="127.0.0.1", port=0, on_ready=end)

    assert happened == ["asked", "ready"]
