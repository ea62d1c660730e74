"""Sends an answer as it comes, and stops it when whoever asked has gone."""

import json
import logging
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing
from typing import Any, Final

import anyio
from anyio import to_thread
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from briefqa.api.problems import INTERNAL, kind_of, problem
from briefqa.api.replies import WireResponse, encoded
from briefqa.datatypes import Answer, AnswerEvent, StillWriting
from briefqa.errors import BriefqaError
from briefqa.wire import answer_to_wire, event_to_wire

STREAMED: Final[dict[str, Any]] = {  # Any: as FastAPI types it
    "text/event-stream": {"schema": {"type": "string"}}
}
_PING_S = 10.0

_log = logging.getLogger(__name__)

Events = Generator[AnswerEvent, None, None]


async def reply_whole(events: Events, request: Request) -> Response:
    """Return the answer that ``events`` end with.

    Raises:
        ClientDisconnect: If whoever asked has gone meanwhile; the answer was stopped.
    """
    async with aclosing(_in_threads(events)) as coming:
        async for event in coming:
            if isinstance(event, Answer):
                return WireResponse(answer_to_wire(event))
            if await request.is_disconnected():
                break
    raise ClientDisconnect


def reply_streamed(events: Events, request: Request) -> Response:
    """Return a reply that sends each of ``events`` when it comes, as server-sent events."""
    return EventSourceResponse(
        _sent(events, request), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


async def _sent(events: Events, request: Request) -> AsyncGenerator[bytes, None]:
    last = time.monotonic()
    try:
        async with aclosing(_in_threads(events)) as coming:
            async for event in coming:
                if not isinstance(event, StillWriting):
                    name, data = event_to_wire(event)
                    yield format_sse_event(event=name, data_str=encoded(data))
                elif time.monotonic() - last < _PING_S:
                    continue
                else:
                    yield KEEPALIVE_COMMENT
                last = time.monotonic()
    except BriefqaError as error:
        _log.error("%s: %s", type(error).__name__, error)
        data = problem(kind_of(error), str(error), request.scope)
        yield format_sse_event(event="error", data_str=json.dumps(data))
    except Exception as error:  # noqa: BLE001 - the status is sent; only an event can say it
        _log.error("%s", type(error).__name__)
        detail = "something unexpected happened; the server's log has it under the request id"
        data = problem(INTERNAL, detail, request.scope)
        yield format_sse_event(event="error", data_str=json.dumps(data))


async def _in_threads(events: Events) -> AsyncGenerator[AnswerEvent, None]:
    """Yield ``events``, each fetched in a thread; closed early, it stops them."""
    try:
        while (event := await to_thread.run_sync(next, events, None)) is not None:
            yield event
    finally:
        # The thread of a `next` under way has ended by now: cancelling waits for it.
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(events.close)
