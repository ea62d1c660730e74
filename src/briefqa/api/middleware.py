"""What happens to every request: its id, its log line, the headers of its reply, a last resort."""

import logging
import re
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from briefqa.api.access.guards import guard
from briefqa.api.observing import note_problem
from briefqa.api.observing.observer import Observer
from briefqa.api.problems import INTERNAL, problem_response
from briefqa.logs import told_discreetly

REQUEST_ID = "X-Request-ID"

_SANE_ID = re.compile(r"[A-Za-z0-9._:+/=@-]{1,128}")

_log = logging.getLogger(__name__)


class RequestMiddleware:
    """Wraps the application and all that stands before it."""

    def __init__(self, app: ASGIApp, observer: Observer | None = None) -> None:
        self.app = app
        self._observer = observer or Observer()

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
        with (
            bound_contextvars(request_id=request_id),
            self._observer.watching(inner, method=scope["method"]) as request,
        ):
            try:
                await self._answer(inner, receive, reply)
            finally:
                request.status = reply.status

    async def _answer(self, scope: Scope, receive: Receive, reply: "_Reply") -> None:
        try:
            await self.app(scope, receive, reply.send)
        except ClientDisconnect:
            _log.debug("the client went away before its request was read")
        except Exception as error:
            note_problem(INTERNAL.name)
            _log.error("%s", told_discreetly(error))
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
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID] = self._request_id
            guard(headers)
        await self._send(message)
