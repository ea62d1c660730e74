"""What stands between the network and the routes: each request within its bounds."""

from typing import Final

import anyio
from anyio import to_thread
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from briefqa.api.admin import Admin, most_body_bytes
from briefqa.api.limiting.addresses import check_address
from briefqa.api.limiting.bodies import check_said_to_be_json, read_body, replaying
from briefqa.api.limiting.deadlines import answering
from briefqa.api.limiting.limits import Limits
from briefqa.api.limiting.refusing import RefusalError, name_route
from briefqa.api.limiting.slots import Slots
from briefqa.api.limiting.strict_json import read_json
from briefqa.api.problems import kind_of, problem_response
from briefqa.datatypes import JsonValue
from briefqa.errors import AnswerTimeoutError, LoadError

TOOLS_PATH: Final = "/mcp"
JSON_PATHS: Final = frozenset(
    {
        "/v1/search",
        "/v1/ask",
        "/v1/verify",
        "/v1/chat/completions",
        "/v1/responses",
        TOOLS_PATH,
    }
)
"""Those to which JSON is posted. Each takes a slot, `TOOLS_PATH` only for a tool."""

_BOM: Final = b"\xef\xbb\xbf"
# A body of this size is read within milliseconds, whatever it holds; others leave the loop alone.
_READ_AT_ONCE: Final = 2**15
# What is stuck in sending has no step between which to ask for the time.
_LEEWAY_S: Final = 30


class LimitsMiddleware:
    """Reads each request within ``limits``, and has answers wait for one of ``slots``."""

    def __init__(
        self, app: ASGIApp, *, limits: Limits, slots: Slots, admin: Admin | None = None
    ) -> None:
        self.app = app
        self._limits = limits
        self._slots = slots
        self._admin = admin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_json = scope["method"] == "POST" and scope["path"] in JSON_PATHS
        said: JsonValue = None
        try:
            check_address(scope)
            most = most_body_bytes(scope, self._admin, otherwise=self._limits.body_bytes)
            body = await read_body(receive, most=most, patience_s=self._limits.body_s)
            # That a body is missing, the routes say best; that of the tools is not ours.
            if is_json and (body or scope["path"] == TOOLS_PATH):
                check_said_to_be_json(scope)
                said = await self._read(body)
                body = body.removeprefix(_BOM)
        except RefusalError as refusal:
            name_route(scope)
            await refusal.response(scope)(scope, receive, send)
            return
        replayed = replaying(body, receive)
        if is_json and _is_work(scope["path"], said):
            await self._in_slot(scope, replayed, receive, send)
        else:
            await self.app(scope, replayed, send)

    async def _read(self, body: bytes) -> JsonValue:
        depth = self._limits.json_depth
        if len(body) <= _READ_AT_ONCE:
            return read_json(body, depth=depth)
        return await to_thread.run_sync(lambda: read_json(body, depth=depth))

    async def _in_slot(self, scope: Scope, replayed: Receive, receive: Receive, send: Send) -> None:
        reply = _Reply(send)
        most_s = self._limits.answer_s
        try:
            async with self._slots.taken(receive):
                with (
                    anyio.move_on_after(most_s + _LEEWAY_S) as left,
                    answering(self._limits, self._slots),
                ):
                    await self.app(scope, replayed, reply.send)
                if left.cancelled_caught and not reply.has_begun:
                    raise AnswerTimeoutError(most_s=most_s)
        except LoadError as error:
            name_route(scope)
            response = problem_response(kind_of(error), str(error), scope, headers=error.headers())
            await response(scope, receive, send)


class _Reply:
    """Sends a reply, and remembers whether it has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def send(self, message: Message) -> None:
        self.has_begun = True
        await self._send(message)


def _is_work(path: str, said: JsonValue) -> bool:
    """Tell whether what was sent is to be answered from the documents."""
    if path != TOOLS_PATH:
        return True
    # Anything else that agents send is answered at once.
    return not isinstance(said, dict) or said.get("method") == "tools/call"
