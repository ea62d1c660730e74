"""Reads a body within its bounds, and looks at what it is said to be."""

import time
from email.message import Message as ReadHeaders
from typing import Final

import anyio
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from briefqa.api.limiting.refusing import RefusalError
from briefqa.api.problems import NOT_JSON, SLOW_BODY, TOO_LARGE

LEAST_BYTES_A_SECOND: Final = 1_000

# How much of a body that is too large is read on, so that its sender gets to
# the point of reading what is wrong instead of seeing the connection reset.
_MOST_DROPPED_BYTES: Final = 16 * 2**20
_CLOSE: Final = {"Connection": "close"}
_LONGEST_SHOWN: Final = 100


async def read_body(receive: Receive, *, most: int, patience_s: float) -> bytes:
    """Return the whole body of a request.

    It may take ``patience_s``, and a second more for each thousand bytes that have come: a
    slow line gets through, while one byte now and then does not hold a connection for ever.

    Raises:
        RefusalError: If it has more than ``most`` bytes, or comes too slowly.
        ClientDisconnect: If the client leaves.
    """
    parts: list[bytes] = []
    size, started = 0, time.monotonic()
    while size <= most + _MOST_DROPPED_BYTES:
        ends = started + patience_s + size / LEAST_BYTES_A_SECOND
        message: Message | None = None
        with anyio.move_on_after(ends - time.monotonic()):
            message = await receive()
        if message is None:
            detail = (
                f"the body did not come within {patience_s:g} seconds and one more for each "
                f"{LEAST_BYTES_A_SECOND} bytes; {size} bytes came"
            )
            raise RefusalError(SLOW_BODY, detail, headers=_CLOSE)
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
    if size > most:
        detail = f"the body has more than {most} bytes, which is the most"
        raise RefusalError(TOO_LARGE, detail, headers=_CLOSE)
    return b"".join(parts)


def replaying(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives the body in one piece, then whatever comes next."""
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def check_said_to_be_json(scope: Scope) -> None:
    """Refuse a body that is not sent as JSON in UTF-8.

    Raises:
        RefusalError: If the Content-Type is another, or the body is compressed.
    """
    headers = Headers(scope=scope)
    said = headers.getlist("content-type")
    if len(said) != 1 or not _is_json(said[0]):
        found = ", ".join(map(repr, said))[:_LONGEST_SHOWN] or "'nothing'"
        detail = f"the Content-Type is {found}, expected application/json"
        raise RefusalError(NOT_JSON, detail)
    coding = headers.get("content-encoding", "identity")
    if coding.strip().lower() != "identity":
        detail = f"the Content-Encoding is {coding[:_LONGEST_SHOWN]!r}; send the body as it is"
        raise RefusalError(NOT_JSON, detail)


def _is_json(said: str) -> bool:
    read = ReadHeaders()
    read["content-type"] = said
    kind = said.partition(";")[0].strip().lower()
    charset = read.get_param("charset", "utf-8")
    return kind == "application/json" and str(charset).lower() in {"utf-8", "utf8"}
