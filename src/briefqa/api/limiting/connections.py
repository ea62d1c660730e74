"""A connection that may not be held by doing nothing with it.

The server's own protocol waits for ever for the head of a request, for a reader that does not
read, and for any number of both.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import Any, ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from briefqa.api.limiting.limits import Limits

_LEAST_BYTES_A_SECOND: Final = 1_000
_MOST_SENT_AWAY: Final = 64
_LINGER_S: Final = 1.0

_log = logging.getLogger(__name__)


class LimitedProtocol(H11Protocol):
    """HTTP on one connection within ``limits``, which `protocol_within` sets."""

    limits: ClassVar[Limits]
    sent_away: ClassVar[set["LimitedProtocol"]]
    """Connections beyond the limit that are told so at this moment."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as the server calls it
        super().__init__(*args, **options)
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._has_drained = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, or send the connection away."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._send_away()
        else:
            self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        for timer in (self._head_timer, self._write_timer):
            if timer is not None:
                timer.cancel()
        self.sent_away.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and see whether a head is whole."""
        if self in self.sent_away:
            return
        super().data_received(data)
        self._watch_head()

    def on_response_complete(self) -> None:
        """See to what was sent before its turn, and to what is not yet with the reader."""
        super().on_response_complete()
        self._watch_head()
        self._watch_reader()

    def pause_writing(self) -> None:
        """Hold back what is to be sent, and watch whether the reader reads."""
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        """Go on sending."""
        super().resume_writing()
        self._has_drained = True

    def _watch_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            if self._head_timer is not None:
                self._head_timer.cancel()
                self._head_timer = None
        elif self._head_timer is None and self.conn.trailing_data[0]:
            self._start_head_timer()

    def _start_head_timer(self) -> None:
        self._head_timer = self.loop.call_later(self.limits.head_s, self._on_late_head)

    def _on_late_head(self) -> None:
        self._head_timer = None
        if self.transport.is_closing():
            return
        if self.conn.trailing_data[0]:
            self._say(
                HTTPStatus.REQUEST_TIMEOUT,
                f"The head of the request did not come within {self.limits.head_s:g} seconds.",
            )
        else:
            self.conn.send(h11.ConnectionClosed())
        self.transport.close()
        self._watch_reader()

    def _watch_reader(self) -> None:
        if self._write_timer is None and self.transport.get_write_buffer_size():
            self._start_write_timer()

    def _start_write_timer(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._has_drained = False
        self._write_timer = self.loop.call_later(self.limits.write_s, self._on_time_to_read, left)

    def _on_time_to_read(self, before: int) -> None:
        self._write_timer = None
        left = self.transport.get_write_buffer_size()
        if not left:
            return
        read = before - left
        if self._has_drained or read >= _LEAST_BYTES_A_SECOND * self.limits.write_s:
            self._start_write_timer()
            return
        _log.info("a client that does not read is cut off", extra={"bytes_left": left})
        self.transport.abort()

    def _send_away(self) -> None:
        self.connections.discard(self)
        if len(self.sent_away) >= _MOST_SENT_AWAY:
            self.transport.abort()
            return
        self.sent_away.add(self)
        self._say(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"{self.limits.connections} connections are open, which is the most.",
            (b"retry-after", b"1"),
        )
        # To close at once would reset it before the client has read why.
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER_S, self.transport.abort)

    def _say(self, status: HTTPStatus, text: str, *headers: tuple[bytes, bytes]) -> None:
        """Send a reply for which there is no request."""
        body = text.encode()
        head = h11.Response(
            status_code=status,
            reason=status.phrase.encode(),
            headers=[
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", str(len(body)).encode()),
                (b"connection", b"close"),
                *headers,
            ],
        )
        for event in (head, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")


def protocol_within(limits: Limits) -> type[LimitedProtocol]:
    """Return the protocol for the connections of one server."""
    return type("LimitedProtocol", (LimitedProtocol,), {"limits": limits, "sent_away": set()})
