"""Answers only who addresses the service by a name of its own.

A page of another site can have its own name lead to this machine (DNS rebinding), and would
then be of one origin with the service: it could read whatever this machine may. What it cannot
do is choose the ``Host`` that the browser sends. An IP address is nobody's name.
"""

import ipaddress
import re
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from briefqa.api.access.access import Access
from briefqa.api.access.origins import is_foreign
from briefqa.api.problems import (
    BROKEN_HOST,
    FOREIGN_ORIGIN,
    UNKNOWN_HOST,
    ProblemKind,
    problem_response,
)
from briefqa.settings.addresses import ANY_HOST

_HOST: Final = re.compile(
    r"(?P<name>[a-z0-9_](?:[a-z0-9_.-]{0,252}[a-z0-9_])?)\.?(?::\d{0,5})?"
    r"|\[(?P<address>[0-9a-f:.]{2,45})\](?::\d{0,5})?",
    re.IGNORECASE,
)
_LOOPBACK: Final = "localhost"
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_SHOWN: Final = 100


def host_named(headers: Headers) -> str | None:
    """Return the host that a request names, in lower case and without its port.

    Returns:
        A name or an IP address, without brackets; None if there is none, more than one, or
        what is there is neither.
    """
    given = headers.getlist("host")
    found = _HOST.fullmatch(given[0]) if len(given) == 1 else None
    if found is None:
        return None
    address: str | None = found["address"]
    if address is not None:
        return address.lower() if ":" in address and _is_address(address) else None
    return str(found["name"]).lower()


def is_allowed(host: str, hosts: tuple[str, ...]) -> bool:
    """Say whether the service may be addressed by ``host``, which is in lower case."""
    is_loopback = host == _LOOPBACK or host.endswith(f".{_LOOPBACK}")
    return is_loopback or _is_address(host) or host in hosts or ANY_HOST in hosts


class HostMiddleware:
    """Refuses requests by other names, and what pages of other origins want done."""

    def __init__(self, app: ASGIApp, *, access: Access) -> None:
        self.app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if headers.get("x-forwarded-proto") == "https":
                # From whomever it comes: all that it changes are the links of this one reply.
                scope["scheme"] = "https"
            refusal = self._refusal(scope["method"], headers)
            if refusal is not None:
                await problem_response(*refusal, scope)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _refusal(self, method: str, headers: Headers) -> tuple[ProblemKind, str] | None:
        host = host_named(headers)
        if host is None:
            detail = "the request needs one Host header with a name or an IP address, and a port"
            return BROKEN_HOST, detail
        if not is_allowed(host, self._access.hosts):
            detail = (
                f"this server does not go by the name {host[:_MOST_SHOWN]!r}; whoever runs it "
                "can add that to the setting server.allowed_hosts"
            )
            return UNKNOWN_HOST, detail
        if method not in _READING and is_foreign(headers, self._access.cors_origins):
            detail = (
                "a page of another origin may not call this service; whoever runs it can add "
                "that to the setting server.cors_origins"
            )
            return FOREIGN_ORIGIN, detail
        return None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
