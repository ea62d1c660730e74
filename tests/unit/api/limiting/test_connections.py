"""A connection is not held by doing nothing with it; over real sockets, with small limits."""

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress

import pytest
from tests.limited import PATIENCE_S, Limited, listening_within, wait_until

from briefqa import Service
from briefqa.api.limiting import Limits

_LIMITS = Limits(head_s=0.3, body_s=0.3, write_s=0.3, connections=5)
# Its reply comes in one piece.
_HEALTH = b"HEAD /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_POST = (
    b"POST /v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: 100\r\n\r\n"
)


@pytest.fixture
def server(service: Service) -> Iterator[Limited]:
    """A server that is impatient."""
    with listening_within(service, _LIMITS) as server:
        yield server


def _all(connection: socket.socket) -> bytes:
    """Return what comes until the connection is closed."""
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def _check_served(connections: Iterable[socket.socket]) -> None:
    for each in connections:
        each.sendall(_HEALTH)
        assert each.recv(65_536).startswith(b"HTTP/1.1 200 ")


def _is_served(server: Limited) -> bool:
    with server.connect() as connection, suppress(ConnectionError):
        connection.sendall(_HEALTH)
        return connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
    return False


def test_head_that_does_not_come_whole_is_told_so(server: Limited) -> None:
    """Half a head, sent by nobody in particular, is not waited for."""
    with server.connect() as connection:
        connection.sendall(_HEALTH[:20])
        reply = _all(connection)

    assert reply.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in reply.lower()


def test_head_that_trickles_in_is_not_waited_for(server: Limited) -> None:
    """The time counts from the first byte, and no further byte begins it anew."""
    began = time.monotonic()
    with server.connect() as connection, suppress(BrokenPipeError, ConnectionResetError):
        while time.monotonic() - began < PATIENCE_S:
            connection.sendall(b"X")
            time.sleep(0.05)

    assert time.monotonic() - began < PATIENCE_S / 2


def test_connection_on_which_nothing_comes_is_closed(server: Limited) -> None:
    """Browsers open some in advance; to close these says nothing."""
    with server.connect() as connection:
        assert _all(connection) == b""


def test_second_head_has_its_time_as_well(server: Limited) -> None:
    """A connection that was used once is no better than a new one."""
    with server.connect() as connection:
        connection.sendall(_HEALTH + _HEALTH[:20])
        reply = _all(connection)

    assert reply.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in reply


def test_connection_that_is_used_stays_open(server: Limited) -> None:
    """The time for a head is not that for all of them."""
    with server.connect() as connection:
        for _ in range(4):
            _check_served([connection])
            time.sleep(0.15)


def test_body_that_stalls_is_told_so(server: Limited) -> None:
    """What is missing is not waited for, and no slot is taken meanwhile."""
    with server.connect() as connection:
        connection.sendall(_POST + b'{"question"')
        assert server.slots.under_way == 0
        reply = _all(connection)

    assert reply.startswith(b"HTTP/1.1 408 ")
    assert b"body-too-slow" in reply


def test_body_that_comes_slowly_but_steadily_is_read(service: Service) -> None:
    """A slow line is no attack: it has a second more for each thousand bytes."""
    body = b'{"question": "' + b"x" * 3_000 + b'"}'
    head = _POST.replace(b"100", str(len(body)).encode())
    with (
        listening_within(service, Limits(body_s=0.2)) as server,
        server.connect() as connection,
    ):
        connection.sendall(head)
        for start in range(0, len(body), 600):
            connection.sendall(body[start : start + 600])
            time.sleep(0.12)

        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


def test_connections_beyond_the_limit_are_told_so_and_room_is_made_again(server: Limited) -> None:
    """Those that are in use go on, and the next that comes after one has left is served."""
    with ExitStack() as stack:
        opened = [stack.enter_context(server.connect()) for _ in range(5)]
        _check_served(opened)
        with server.connect() as sixth:
            sixth.sendall(_HEALTH)
            refused = _all(sixth)
        _check_served(opened)

    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in refused.lower()
    wait_until(lambda: _is_served(server))


def test_flood_of_connections_leaves_none_behind(server: Limited) -> None:
    """They cost neither memory nor files once they are gone."""
    for _ in range(300):
        server.connect().close()

    wait_until(lambda: _is_served(server))
    wait_until(lambda: not server.server.server_state.connections)


def test_client_that_does_not_read_is_cut_off(server: Limited) -> None:
    """Replies that nobody takes would be kept in memory for ever."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.settimeout(PATIENCE_S)
        connection.connect((server.host, server.port))
        ask = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        # As many as fit into no buffer on the way.
        connection.sendall(ask * 400)

        wait_until(lambda: not server.server.server_state.connections)


def test_client_that_reads_slowly_gets_all(server: Limited) -> None:
    """Whoever reads, however small the pieces, is no such client."""
    with server.connect() as connection:
        connection.sendall(
            b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        )
        parts = []
        while part := connection.recv(4_096):
            parts.append(part)
            time.sleep(0.03)

    head, _, body = b"".join(parts).partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
