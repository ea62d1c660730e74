"""What happens to every request: its id, its log line, a limit on its body, a last resort."""

import logging
import re
import time
import traceback
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from briefqa.api.admin import MOST_BODY_BYTES, Admin, most_body_bytes
from briefqa.api.problems import INTERNAL, TOO_LARGE, problem_response

REQUEST_ID = "X-Request-ID"

# How much of a body that is too large is read on, so that its sender gets to
# the point of reading what is wrong instead of seeing the connection reset.
_MOST_DROPPED_BYTES = 16 * MOST_BODY_BYTES
_SANE_ID = re.compile(r"[A-Za-z0-9._:+/=@-]{1,128}")

_log = logging.getLogger(__name__)


class RequestMiddleware:
    """Wraps the application; the only place that knows of asynchronous calls."""

    def __init__(self, app: ASGIApp, admin: Admin | None = None) -> None:
        self.app = app
        self._admin = admin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _SANE_ID.fullmatch(given) else uuid4().hex
        # Routes answer HEAD as GET; the server leaves the body out.
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        inner: Scope = {**scope, "method": method}
        reply = _Reply(send, request_id)
        started = time.perf_counter()
        with bound_contextvars(request_id=request_id):
            try:
                await self._answer(inner, receive, reply)
            finally:
                route = inner.get("route")
                _log.info(
                    "request",
                    extra={
                        "method": scope["method"],
                        "path": getattr(route, "path_format", None),
                        "status": reply.status,
                        "duration_ms": round((time.perf_counter() - started) * 1000, 3),
                    },
                )

    async def _answer(self, scope: Scope, receive: Receive, reply: "_Reply") -> None:
        try:
            most = most_body_bytes(scope, self._admin)
            body = await _read_body(receive, most)
            if body is None:
                detail = f"the body has more than {most} bytes, which is the most"
                response = problem_response(
                    TOO_LARGE, detail, scope, headers={"Connection": "close"}
                )
                await response(scope, receive, reply.send)
                return
            await self.app(scope, _replaying(body, receive), reply.send)
        except ClientDisconnect:
            _log.debug("the client went away before its request was read")
        except Exception as error:
            _log.error("%s\n%s", type(error).__name__, "\n".join(_frames(error)))
            # The message may quote what was asked, and so may those of its causes.
            _log.debug("the error in full", exc_info=error)
            if reply.status is not None:
                raise
            detail = "something unexpected happened; the server's log has it under the request id"
            await problem_response(INTERNAL, detail, scope)(scope, receive, reply.send)


class _Reply:
    """Sends a reply with the request's id, and remembers its status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[REQUEST_ID] = self._request_id
        await self._send(message)


async def _read_body(receive: Receive, most: int) -> bytes | None:
    """Return the whole body, or None if it is too large; raises ClientDisconnect."""
    parts: list[bytes] = []
    size = 0
    while size <= most + _MOST_DROPPED_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            parts.clear()
        else:
            parts.append(part)
        if not message.get("more_body", False):
            break
    return b"".join(parts) if size <= most else None


def _replaying(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives the body in one piece, then whatever comes next."""
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def _frames(error: BaseException) -> list[str]:
    stack = traceback.extract_tb(error.__traceback__)
    return [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in stack]
