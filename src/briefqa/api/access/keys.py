"""Lets through who holds a key, as often as that key may ask."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from briefqa.api.access.access import Access
from briefqa.api.problems import KEY_NEEDED, RATE_LIMITED, problem_response

KEY_HEADER: Final = "X-API-Key"
CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}

_SCHEME: Final = "bearer"
# Nothing here is of the documents: whether the service runs, the page, which asks with a key
# for all that it shows, and what every installation says of its routes. A browser cannot be
# told to send a key with an address that someone types.
_OPEN: Final = frozenset({"/", "/documents", "/docs", "/health", "/openapi.json", "/ready"})
_OPEN_BELOW: Final = ("/assets/", "/docs/", "/documents/")


def is_open(path: str) -> bool:
    """Say whether ``path`` is for everybody, and not counted."""
    return path in _OPEN or path.startswith(_OPEN_BELOW)


def key_sent(headers: Headers) -> bytes | None:
    """Return the key that a request has; None if there is none, or more than one is meant.

    It stands in ``X-API-Key``, or else in ``Authorization: Bearer KEY``.
    """
    named = headers.getlist(KEY_HEADER)
    bearing = headers.getlist("authorization")
    if len(named) > 1 or len(bearing) > 1:
        return None
    if named:
        return named[0].strip().encode("latin-1")
    scheme, _, key = (bearing[0] if bearing else "").partition(" ")
    return key.strip().encode("latin-1") if scheme.lower() == _SCHEME else None


def holder_of(key: bytes | None, keys: Mapping[str, bytes]) -> str | None:
    """Return the name under which ``keys`` has the SHA-256 of ``key``, None if under none.

    It takes the same time whichever it is, and wherever a wrong one differs.
    """
    digest = hashlib.sha256(key or b"").digest()
    holder = None
    for name, known in keys.items():
        if hmac.compare_digest(digest, known):
            holder = name
    return holder if key else None


class KeyMiddleware:
    """Answers who has no key with 401, and who asks too often with 429."""

    def __init__(self, app: ASGIApp, *, access: Access) -> None:
        self.app = app
        self._keys = access.keys
        self._rate = access.rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or is_open(scope["path"]):
            await self.app(scope, receive, send)
            return
        holder = None
        if self._keys:
            sent = key_sent(Headers(scope=scope))
            holder = holder_of(sent, self._keys)
            if holder is None:
                state = "a key is needed" if sent is None else "the key is not one of this server's"
                detail = f"{state}; send one as Authorization: Bearer KEY"
                response = problem_response(KEY_NEEDED, detail, scope, headers=CHALLENGE)
                await response(scope, receive, send)
                return
        if self._rate is not None:
            wait_s = self._rate.take(_client(scope, holder))
            if wait_s > 0:
                detail = (
                    f"{_named(holder)} may send {self._rate.per_minute} requests a minute "
                    f"(server.requests_per_minute); try again in {wait_s} s"
                )
                headers = {"Retry-After": str(wait_s)}
                response = problem_response(RATE_LIMITED, detail, scope, headers=headers)
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _client(scope: Scope, holder: str | None) -> str:
    """Return who asks: the holder of a key, or an address, which is never a key's name."""
    if holder is not None:
        return holder
    return f"@{scope['client'][0]}" if scope.get("client") else "@"


def _named(holder: str | None) -> str:
    return "each address" if holder is None else f"the key {holder!r}"
