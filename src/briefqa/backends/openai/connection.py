"""A connection that is bounded: by one deadline for everything, and by the bytes of a reply.

Timeouts of HTTP clients are for one wait each: a server that sends a byte now and then
keeps a request alive for good. Here each wait may last only as long as is left of the
whole, looking up the host included.
"""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from typing import Any

import httpcore2
import httpx2

_PIECE = 16_384
"""Bytes written at once: one TLS record, so that each gets a wait of its own."""

# What a server has to know. The client would also tell of this machine and its Python,
# and add headers that it finds in the environment.
_SENT = {
    b"accept",
    b"content-length",
    b"content-type",
    b"host",
    b"user-agent",
}

_Address = tuple[Any, ...]  # Any: what it is made of depends on the family


class Meter:
    """What a request may still take: seconds until its deadline, and bytes of its reply."""

    def __init__(self, *, timeout_s: float, max_bytes: int) -> None:
        """Start the clock.

        Args:
            timeout_s: Seconds from now in which all must have come.
            max_bytes: Most bytes of a reply, headers included.
        """
        self._deadline = time.monotonic() + timeout_s
        self._max_bytes = max_bytes
        self._read = 0
        self._stopped = threading.Event()
        self._connection: socket.socket | None = None
        self.has_ended = False
        """Whether the server closed the connection."""

    @property
    def left_s(self) -> float:
        """Seconds left, 0 or more."""
        return 0.0 if self._stopped.is_set() else max(0.0, self._deadline - time.monotonic())

    @property
    def is_overrun(self) -> bool:
        """Whether more came than may."""
        return self._read > self._max_bytes

    def stop(self) -> None:
        """End every wait, from any thread: nobody waits for the answer any more."""
        self._stopped.set()
        connection = self._connection
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def sleep(self, seconds: float) -> None:
        """Wait, unless it is stopped meanwhile."""
        self._stopped.wait(seconds)

    def uses(self, connection: socket.socket) -> None:
        """Take note of the connection that is waited on."""
        self._connection = connection

    def count(self, data: bytes) -> None:
        """Take note of what came.

        Raises:
            httpcore2.ReadError: If that is more than may come.
        """
        self._read += len(data)
        self.has_ended = not data
        if self.is_overrun:
            msg = f"more than {self._max_bytes:,} bytes came"
            raise httpcore2.ReadError(msg)


class MeteredTransport(httpx2.BaseTransport):
    """Carries the requests of one answer: no proxy, no compression, nothing kept open."""

    def __init__(
        self, meter: Meter, *, context: ssl.SSLContext | None, sent: AbstractSet[bytes]
    ) -> None:
        """Take what bounds the requests.

        Args:
            meter: What they may take, all of them together.
            context: What verifies a server on https.
            sent: The headers to send beside those that every server needs, in lower case.
        """
        self._sent = _SENT | sent
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=_MeteredNetwork(meter),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request, and return the reply once its headers have come."""
        headers = [
            (name, value) for name, value in request.headers.raw if name.lower() in self._sent
        ]
        reply = self._pool.handle_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=[*headers, (b"Accept-Encoding", b"identity"), (b"Connection", b"close")],
                content=request.read(),
            )
        )
        response = httpx2.Response(
            reply.status, headers=reply.headers, stream=_Body(reply), extensions=reply.extensions
        )
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            # Never unpacked: a thousand bytes may hold a gigabyte.
            response.close()
            msg = "the reply is compressed, which was not asked for"
            raise httpcore2.RemoteProtocolError(msg)
        return response

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    """The body of a reply, as it comes."""

    def __init__(self, reply: httpcore2.Response) -> None:
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        yield from self._reply.iter_stream()

    def close(self) -> None:
        self._reply.close()


class _MeteredNetwork(httpcore2.NetworkBackend):
    """Makes connections that keep to a meter."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the meter knows
        local_address: str | None = None,  # noqa: ARG002 - any will do
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - none are set
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of ``host`` that accepts."""
        failure: OSError | None = None
        with _as(httpcore2.ConnectTimeout, httpcore2.ConnectError):
            for family, kind, protocol, _, address in _addresses(host, port, self._meter):
                connection = socket.socket(family, kind, protocol)
                self._meter.uses(connection)
                try:
                    connection.settimeout(_wait(self._meter))
                    connection.connect(address)
                except OSError as error:
                    connection.close()
                    failure = error
                else:
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    return _MeteredStream(connection, self._meter)
            raise failure or OSError(f"{host!r} has no address")


class _MeteredStream(httpcore2.NetworkStream):
    """A connection each of whose waits ends with the meter's."""

    def __init__(self, connection: socket.socket, meter: Meter) -> None:
        self._connection = connection
        self._meter = meter

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        with _as(httpcore2.ReadTimeout, httpcore2.ReadError):
            self._connection.settimeout(_wait(self._meter))
            data = self._connection.recv(max_bytes)
        self._meter.count(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        with _as(httpcore2.WriteTimeout, httpcore2.WriteError):
            for start in range(0, len(buffer), _PIECE):
                self._connection.settimeout(_wait(self._meter))
                self._connection.sendall(buffer[start : start + _PIECE])

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the meter knows
    ) -> httpcore2.NetworkStream:
        with _as(httpcore2.ConnectTimeout, httpcore2.ConnectError):
            try:
                self._connection.settimeout(_wait(self._meter))
                secured = ssl_context.wrap_socket(self._connection, server_hostname=server_hostname)
            except BaseException:
                self.close()
                raise
        self._meter.uses(secured)
        return _MeteredStream(secured, self._meter)

    def close(self) -> None:
        self._connection.close()

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as the library has it
        if info == "ssl_object" and isinstance(self._connection, ssl.SSLSocket):
            return self._connection
        return None


@contextmanager
def _as(on_timeout: type[Exception], on_error: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise on_timeout(str(error)) from error
    except OSError as error:
        raise on_error(error.strerror or str(error)) from error


def _wait(meter: Meter) -> float:
    if not meter.left_s:
        msg = "no time is left"
        raise TimeoutError(msg)
    return meter.left_s


def _addresses(
    host: str, port: int, meter: Meter
) -> list[tuple[socket.AddressFamily, socket.SocketKind, int, str, _Address]]:
    """Look up a host; the system's own call cannot be told when to stop, so it may be left."""
    found: queue.SimpleQueue[Any] = queue.SimpleQueue()  # Any: what it gives, or an error

    def look_up() -> None:
        try:
            found.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=look_up, name="look-up", daemon=True).start()
    try:
        result = found.get(timeout=_wait(meter))
    except queue.Empty as error:
        msg = f"looking up {host!r} took too long"
        raise TimeoutError(msg) from error
    if isinstance(result, list):
        return result
    msg = f"{host!r} cannot be looked up: {getattr(result, 'strerror', None) or result}"
    raise OSError(msg)
