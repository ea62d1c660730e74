"""Listens on an address until told to stop."""

import contextlib
import errno
import ipaddress
import logging
import math
import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import FrameType

import uvicorn
from anyio import to_thread
from fastapi import FastAPI

from briefqa.api.access import Access
from briefqa.api.admin import Admin
from briefqa.api.app import create_app
from briefqa.api.limiting import Limits, Slots, protocol_within
from briefqa.api.observing.observer import Observer
from briefqa.assembly.models import EXTRACTIVE
from briefqa.assembly.service import Service
from briefqa.errors import AddressInUseError, BriefqaError, SettingsError

# Between the end of an answer and that of its connection.
_LEEWAY_S = 2
# Connections that are not accepted yet; the system may allow fewer.
_MOST_WAITING = 2_048

_log = logging.getLogger(__name__)


def serve(  # noqa: PLR0913 - what answers, where, and for whom
    service: Service,
    *,
    host: str,
    port: int = 0,
    listener: socket.socket | None = None,
    admin: Admin | None = None,
    access: Access | None = None,
    limits: Limits | None = None,
    observer: Observer | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve HTTP until SIGTERM, then finish the requests under way and return.

    Args:
        service: What answers; closing it stays the caller's.
        host: Name or address to listen on.
        port: Port to listen on; 0 picks a free one.
        listener: What `listen` gave for ``host`` and ``port``; closing it stays the caller's. Left
            out, it is made here.
        admin: Lets those who hold its key change the index; without it nobody can.
        access: Who may reach it; left out, whoever is on this machine. To ``host`` it answers too.
        limits: How much a client may send and wait; the defaults if left out.
        observer: What counts requests and sends their traces; closing it stays the caller's.
        on_ready: Told the address, such as ``http://127.0.0.1:8321``, once it answers.

    Raises:
        AddressInUseError: If the port is taken.
        SettingsError: If the address cannot be listened on for another reason, or other
            machines could reach it there and no key is set.
        KeyboardInterrupt: After SIGINT, and an end as orderly as after SIGTERM.
    """
    access = access or Access()
    with contextlib.ExitStack() as ending:
        if listener is None:
            listener = ending.enter_context(listen(host, port, asks_for_key=bool(access.keys)))
        access = replace(access, hosts=(*access.hosts, host.lower().removesuffix(".")))
        limits = limits or Limits()
        app = create_app(service, admin, access=access, limits=limits, observer=observer)
        server = Server(app, limits, url=address_of(host, listener), on_ready=on_ready)
        with _outlived_termination(server):
            _warm_up(service)
            server.run(sockets=[listener])


class Server(uvicorn.Server):
    """Tells when it answers, and has answers end in time when it is stopped."""

    def __init__(
        self,
        app: FastAPI,
        limits: Limits,
        *,
        url: str,
        on_ready: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=protocol_within(limits),
                loop="asyncio",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                # What is said of a client's address, anyone could have said.
                proxy_headers=False,
                server_header=False,
                # How many are accepted in one go: another process that listens to the same
                # socket is to have its share. Of eight at once, seven or more came to lie in
                # one of two processes in 16 of 100 cases, and do so in 5.
                backlog=1,
                timeout_graceful_shutdown=math.ceil(limits.grace_s) + _LEEWAY_S,
            )
        )
        self._limits = limits
        self._slots: Slots = app.state.slots
        self._url = url
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        # An answer that waits for its model holds a thread; what is quick has the usual number.
        to_thread.current_default_thread_limiter().total_tokens += self._limits.answers_at_once
        await super().startup(sockets)
        for listener in sockets or ():
            # The event loop has taken the number above for this as well.
            listener.listen(_MOST_WAITING)
        _log.info("listening", extra={"url": self._url})
        if self._on_ready is not None:
            self._on_ready(self._url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen no more, and let what is under way end."""
        self._slots.stop(self._limits.grace_s)
        await super().shutdown(sockets)


def _warm_up(service: Service) -> None:
    """Answer a question, so that the first one asked does not wait for what is loaded with it."""
    # What is wrong with an index that has been opened is told to whoever asks.
    with contextlib.suppress(BriefqaError):
        service.ask("What do the documents say?", model=EXTRACTIVE)


def listen(host: str, port: int, *, asks_for_key: bool) -> socket.socket:
    """Return a socket that listens.

    Args:
        host: Name or address to listen on.
        port: Port to listen on; 0 picks a free one.
        asks_for_key: Whether who comes there is asked for a key.

    Raises:
        AddressInUseError: If the port is taken.
        SettingsError: If the address cannot be listened on for another reason, or other
            machines could reach it there and no key is asked for.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        if not asks_for_key and not _is_loopback(str(address[0])):
            raise _unguarded(host, port)
        listener = socket.socket(family, kind, protocol)
    except (OSError, ValueError) as error:
        raise _refused(host, port, error) from error
    try:
        if os.name == "posix":
            # A server that has just ended must not keep its port from the next.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_MOST_WAITING)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressInUseError(host=host, port=port) from error
        raise _refused(host, port, error) from error
    return listener


def _is_loopback(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    # Told apart only since Python 3.13.
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback


def _unguarded(host: str, port: int) -> SettingsError:
    return SettingsError(
        f"cannot listen on port {port} of {host!r}, where other machines can reach it, without a "
        "key to ask them for; make one with `briefqa keys new NAME`, or listen on 127.0.0.1"
    )


def _refused(host: str, port: int, error: Exception) -> SettingsError:
    reason = getattr(error, "strerror", None) or error
    return SettingsError(f"cannot listen on port {port} of {host!r}: {reason}")


def address_of(host: str, listener: socket.socket) -> str:
    """Return what a client types, such as ``http://127.0.0.1:8321``."""
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def _outlived_termination(server: uvicorn.Server) -> Iterator[None]:
    """Keep the signal that uvicorn raises again after its end from killing the process.

    One that comes before uvicorn takes signals ends ``server`` as soon as it runs.
    """

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - what a handler is given
        server.should_exit = True

    try:
        before = signal.signal(signal.SIGTERM, end)
    except ValueError:
        # Only the main thread may do this, and only there uvicorn takes signals.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
