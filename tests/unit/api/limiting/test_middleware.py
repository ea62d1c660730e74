"""Bodies are read whole, and within their bounds, before the application sees them."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from briefqa.api.limiting import Limits, LimitsMiddleware, Slots
from briefqa.api.middleware import RequestMiddleware

_MOST = 1_000
_SCOPE = {"type": "http", "method": "POST", "path": "/x", "raw_path": b"/x", "headers": []}


def _exchange(*messages: Message, patience_s: float = 10) -> tuple[list[bytes], list[Message]]:
    """Send ``messages``; return the bodies that the application saw and what was replied."""
    incoming = list(messages)
    seen: list[bytes] = []
    replied: list[Message] = []

    async def receive() -> Message:
        if not incoming:
            await asyncio.sleep(60)
        return incoming.pop(0)

    async def send(message: Message) -> None:
        replied.append(message)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["method"] == "POST"
        seen.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 204, "headers": []})

    limits = Limits(body_bytes=_MOST, body_s=patience_s)
    inner = LimitsMiddleware(app, limits=limits, slots=Slots.within(limits))
    asyncio.run(RequestMiddleware(inner)(dict(_SCOPE), receive, send))
    return seen, replied


def _part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def test_body_in_parts_reaches_the_application_whole() -> None:
    """How a network cuts a body is no concern of a route."""
    seen, replied = _exchange(
        _part(b"ab", more=True), _part(b"", more=True), _part(b"c", more=False)
    )

    assert seen == [b"abc"]
    assert replied[0]["status"] == 204


def test_half_a_body_never_reaches_the_application() -> None:
    """What a client did not finish saying must not be acted on."""
    seen, replied = _exchange(_part(b'{"question": "x"}', more=True), {"type": "http.disconnect"})

    assert seen == []
    assert replied == []


@pytest.mark.parametrize("parts", [1, 3, 20_000])
def test_body_above_the_limit_is_refused(parts: int) -> None:
    """Even an endless body ends: it is not read for ever."""
    messages = [_part(b" " * (_MOST + 1), more=True) for _ in range(parts)]

    seen, replied = _exchange(*messages, _part(b"", more=False))

    assert seen == []
    assert replied[0]["status"] == 413


def test_body_of_exactly_the_limit_is_read() -> None:
    """The limit stated is the limit held."""
    seen, replied = _exchange(_part(b" " * _MOST, more=False))

    assert seen == [b" " * _MOST]
    assert replied[0]["status"] == 204


def test_body_that_stalls_is_refused() -> None:
    """A client that says nothing more does not hold its connection for ever."""
    seen, replied = _exchange(_part(b"{", more=True), patience_s=0.05)

    assert seen == []
    assert replied[0]["status"] == 408
    assert (b"connection", b"close") in replied[0]["headers"]
