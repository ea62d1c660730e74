"""A model server over a real socket that behaves, or misbehaves, as a test tells it to."""

import json
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

_END_OF_HEAD = b"\r\n\r\n"
_LOOK_S = 0.01

STREAMED = "Content-Type: text/event-stream"
DONE = b"data: [DONE]\n\n"


def event(delta: object = None, *, finish: str | None = None, **others: object) -> bytes:
    """One event of a streamed answer."""
    choice = {"index": 0, "delta": {} if delta is None else delta, "finish_reason": finish}
    chunk = {"id": "1", "object": "chat.completion.chunk", "choices": [choice], **others}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def answer(*pieces: str) -> list[bytes]:
    """A whole answer, as an honest server streams it."""
    first = event({"role": "assistant", "content": None})
    return [first, *(event({"content": each}) for each in pieces), event(finish="stop"), DONE]


@dataclass(slots=True)
class Talk:
    """One request, and the connection it came over."""

    head: str
    body: bytes
    connection: socket.socket
    is_stopped: threading.Event
    saw_client_leave: threading.Event

    @property
    def asked(self) -> dict[str, Any]:  # Any: a JSON object
        """The request's body, parsed."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.connection.sendall(data)

    def reply(
        self, status: str = "200 OK", *headers: str, body: bytes = b"", has_length: bool = True
    ) -> None:
        """Send a reply with these headers, and its length unless that is not to be told."""
        lines = [f"HTTP/1.1 {status}", *headers]
        if has_length:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode() + _END_OF_HEAD + body)

    def stream(self, events: Iterable[bytes]) -> None:
        """Send events of a streamed answer, each as it comes."""
        self.reply("200 OK", STREAMED, has_length=False)
        for each in events:
            self.send(each)

    def wait(self, seconds: float) -> bool:
        """Wait, but not beyond the end of the test or the client's; tell whether to go on."""
        left = seconds
        while left > 0 and not self.is_stopped.wait(_LOOK_S):
            left -= _LOOK_S
            if self._client_left():
                self.saw_client_leave.set()
                return False
        return not self.is_stopped.is_set()

    def reset(self) -> None:
        """End the connection with a reset instead of an orderly close."""
        # A linger of no time: the kernel throws away what is unsent.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.connection.close()

    def _client_left(self) -> bool:
        self.connection.settimeout(0)
        try:
            return self.connection.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            self.connection.settimeout(None)


@dataclass(slots=True)
class ModelServer:
    """Serves each request with ``behaviour`` in a thread of its own, on a port of its own."""

    behaviour: Callable[[Talk], None]
    tls: ssl.SSLContext | None = None
    talks: list[Talk] = field(default_factory=list)
    saw_client_leave: threading.Event = field(default_factory=threading.Event)
    _socket: socket.socket = field(default_factory=socket.socket)
    _is_stopped: threading.Event = field(default_factory=threading.Event)
    _threads: "queue.SimpleQueue[threading.Thread]" = field(default_factory=queue.SimpleQueue)

    @property
    def url(self) -> str:
        """What a setting would have as the server's address."""
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def __enter__(self) -> Self:
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_stopped.set()
        # Closing alone would leave `accept` waiting.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        while not self._threads.empty():
            self._threads.get().join(timeout=5)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        thread.start()
        self._threads.put(thread)

    def _accept(self) -> None:
        while not self._is_stopped.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._start(self._serve, connection)

    def _serve(self, plain: socket.socket) -> None:
        try:
            tls = self.tls
            connection = plain if tls is None else tls.wrap_socket(plain, server_side=True)
            with plain, connection:
                talk = self._received(connection)
                if talk is not None:
                    self.talks.append(talk)
                    self.behaviour(talk)
        except OSError:
            # The client went away while it was being sent something.
            self.saw_client_leave.set()

    def _received(self, connection: socket.socket) -> Talk | None:
        data = b""
        while _END_OF_HEAD not in data:
            more = connection.recv(65_536)
            if not more:
                return None
            data += more
        head, _, body = data.partition(_END_OF_HEAD)
        lengths = [
            int(line.partition(":")[2])
            for line in head.decode("latin-1").split("\r\n")
            if line.lower().startswith("content-length:")
        ]
        while len(body) < sum(lengths):
            body += connection.recv(65_536)
        return Talk(
            head.decode("latin-1"), body, connection, self._is_stopped, self.saw_client_leave
        )
