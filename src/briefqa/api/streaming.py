"""Sends an answer as it comes, and stops it when whoever asked has gone."""

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import aclosing, closing
from typing import Any, Final, Protocol

import anyio
from anyio import to_thread
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Scope

from briefqa.api.limiting import check_deadline
from briefqa.api.observing import note_problem, noted
from briefqa.api.problems import INTERNAL, ProblemKind, kind_of, problem
from briefqa.api.replies import WireResponse, encoded
from briefqa.datatypes import Answer, AnswerEvent, PassagesFound, SentenceSaid, StillWriting
from briefqa.errors import BriefqaError
from briefqa.wire import WireObject, answer_to_wire, event_to_wire

STREAMED: Final[dict[str, Any]] = {  # Any: as FastAPI types it
    "text/event-stream": {
        "schema": {
            "type": "object",
            "description": "Each event; its data is an object on one line, or `[DONE]`.",
            "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
            "required": ["data"],
        }
    }
}
_PING_S = 10.0

_log = logging.getLogger(__name__)

Events = Generator[AnswerEvent, None, None]


class StreamForm(Protocol):
    """Puts an answer under way into server-sent events of one form."""

    def began(self) -> Iterable[bytes]:
        """Return what is sent before anything is known."""
        ...

    def event(self, event: PassagesFound | SentenceSaid | Answer, /) -> Iterable[bytes]:
        """Return what is sent of an event."""
        ...

    def failed(self, kind: ProblemKind, detail: str, /) -> Iterable[bytes]:
        """Return what is sent last, if there will be no answer."""
        ...


class NativeForm:
    """The form of ``POST /v1/ask``: each event under its name."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def began(self) -> Iterable[bytes]:
        """Return nothing: the passages come first."""
        return ()

    def event(self, event: PassagesFound | SentenceSaid | Answer, /) -> Iterable[bytes]:
        """Return the event, its data as in the answer."""
        name, data = event_to_wire(event)
        yield format_sse_event(event=name, data_str=encoded(data))

    def failed(self, kind: ProblemKind, detail: str, /) -> Iterable[bytes]:
        """Return a problem as an event."""
        data = json.dumps(problem(kind, detail, self._scope))
        yield format_sse_event(event="error", data_str=data)


async def reply(
    start: Callable[[], Events],
    request: Request,
    *,
    form: StreamForm | None = None,
    render: Callable[[Answer], WireObject] = answer_to_wire,
) -> Response:
    """Return an answer as server-sent events of ``form``, or where there is none as a whole.

    Args:
        start: Begins the answer; called in a thread.
        request: What is replied to.
        form: Puts each event as it comes.
        render: Puts the whole answer.

    Raises:
        ClientDisconnect: If whoever asked has gone meanwhile; the answer was stopped.
    """
    if form is not None:
        # What is wrong with a question is told by a status.
        return event_stream(_sent(await to_thread.run_sync(start), form))
    # All in one thread: to change it costs more than to begin.
    async with aclosing(in_threads(_without_parts(start))) as coming:
        async for event in coming:
            if isinstance(event, Answer):
                return WireResponse(render(event))
            if await request.is_disconnected():
                break
    raise ClientDisconnect


def _without_parts(start: Callable[[], Events]) -> Events:
    """Begin an answer, and yield its events but those of which it will tell as a whole."""
    with closing(start()) as events:
        for event in events:
            if isinstance(event, Answer | StillWriting):
                yield event


def event_stream(content: AsyncGenerator[bytes, None] | Iterable[bytes]) -> Response:
    """Return a reply of server-sent events that nothing on the way holds back."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventSourceResponse(content, headers=headers)


async def _sent(events: Events, form: StreamForm) -> AsyncGenerator[bytes, None]:
    last = time.monotonic()
    try:
        async with aclosing(in_threads(events)) as coming:
            for part in form.began():
                yield part
            async for event in coming:
                if not isinstance(event, StillWriting):
                    for part in form.event(event):
                        yield part
                elif time.monotonic() - last < _PING_S:
                    continue
                else:
                    yield KEEPALIVE_COMMENT
                last = time.monotonic()
    except BriefqaError as error:
        _log.error("%s: %s", type(error).__name__, error)
        note_problem(kind_of(error).name)
        for part in form.failed(kind_of(error), str(error)):
            yield part
    except Exception as error:  # noqa: BLE001 - the status is sent; only an event can say it
        _log.error("%s", type(error).__name__)
        note_problem(INTERNAL.name)
        detail = "something unexpected happened; the server's log has it under the request id"
        for part in form.failed(INTERNAL, detail):
            yield part


async def in_threads(events: Events) -> AsyncGenerator[AnswerEvent, None]:
    """Yield ``events``, fetched in one thread; closed early, it stops them.

    They are stopped at the next one: a language model that writes gives one several times a
    second.

    Raises:
        LoadError: If there is no more time for an answer.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[AnswerEvent | None] = asyncio.Queue()
    has_left = threading.Event()

    def fetch() -> None:
        with closing(events):
            for event in events:
                if has_left.is_set():
                    return
                loop.call_soon_threadsafe(arrived.put_nowait, event)

    fetching = asyncio.ensure_future(to_thread.run_sync(fetch))
    fetching.add_done_callback(lambda _: arrived.put_nowait(None))
    try:
        while (event := await arrived.get()) is not None:
            # One that is whole is not thrown away.
            if isinstance(event, Answer):
                noted(event)
            else:
                check_deadline()
            yield event
        await fetching
    finally:
        has_left.set()
        # Whoever goes on may count on it that nothing works on the answer any more.
        with anyio.CancelScope(shield=True):
            await asyncio.wait([fetching])
