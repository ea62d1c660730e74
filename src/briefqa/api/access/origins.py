"""Which pages of other sites may call the service."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware

from briefqa.api.access.access import Access

_METHODS: Final = ("GET", "POST", "PUT", "DELETE")
_SENT: Final = (
    *("Authorization", "X-API-Key", "X-Request-ID"),
    *("Mcp-Protocol-Version", "Mcp-Session-Id", "Last-Event-ID", "If-None-Match"),
)
_READ: Final = ("ETag", "Retry-After", "X-Request-ID", "X-Text-SHA256")
_USUAL_PORTS: Final = {"http": ":80", "https": ":443"}


def allow_origins(app: FastAPI, access: Access) -> None:
    """Have browsers let pages of the origins of ``access`` call ``app``, if there are any."""
    if access.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=access.cors_origins,
            allow_methods=_METHODS,
            allow_headers=_SENT,
            expose_headers=_READ,
            # They are listed by whoever runs this service, wherever its network is.
            allow_private_network=True,
        )


def is_foreign(headers: Headers, allowed: tuple[str, ...]) -> bool:
    """Say whether a request comes from a page that is neither ours nor one of ``allowed``.

    Whatever else than a browser sends it has no ``Origin``. That of a page of ours has the host
    and port of the request; its scheme is not compared, since a proxy may have ended TLS.
    """
    origins = headers.getlist("origin")
    if not origins or (len(origins) == 1 and origins[0] in allowed):
        return False
    try:
        parts = urlsplit(origins[0])
    except ValueError:
        return True
    usual = _USUAL_PORTS.get(parts.scheme)
    if len(origins) > 1 or usual is None:
        return True
    host = headers.get("host", "").lower()
    return parts.netloc.lower().removesuffix(usual) != host.removesuffix(usual)
