"""What happens to every request: its id, its log line, a last resort."""

import logging
import re
import time
import traceback
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from briefqa.api.problems import INTERNAL, problem_response

REQUEST_ID = "X-Request-ID"

_SANE_ID = re.compile(r"[A-Za-z0-9._:+/=@-]{1,128}")

_log = logging.getLogger(__name__)


class RequestMiddleware:
    """Wraps the application and all that stands before it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

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
            await self.app(scope, receive, reply.send)
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


def _frames(error: BaseException) -> list[str]:
    stack = traceback.extract_tb(error.__traceback__)
    return [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in stack]
