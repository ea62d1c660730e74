"""The route by which agents reach the tools."""

from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from briefqa.api.mcp import missing
from briefqa.api.problems import PROBLEM_REPLIES
from briefqa.assembly.service import Service

if TYPE_CHECKING:
    # An extra, and half a second to import.
    from briefqa.api.mcp.server import HttpServer


def add_mcp_route(app: FastAPI, service: Service) -> None:
    """Add ``POST /mcp``."""
    server = _Lazily(service)

    @app.post(
        "/mcp",
        tags=["agents"],
        summary="Serve the Model Context Protocol over streamable HTTP",
        description="No session is kept, and no stream opened: `GET` is answered with 405.",
        responses=PROBLEM_REPLIES,
    )
    def serve_mcp(request: Request) -> Response:
        _check_origin(request)
        return _Delegated(server.loaded())


class _Lazily:
    """Imports the SDK for the first request that needs it."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = Lock()
        self._server: HttpServer | None = None

    def loaded(self) -> "HttpServer":
        with self._lock:
            if self._server is None:
                try:
                    from briefqa.api.mcp.server import HttpServer  # noqa: PLC0415 - an extra
                except ModuleNotFoundError as error:
                    raise missing(error) from error
                self._server = HttpServer(self._service)
            return self._server


class _Delegated(Response):
    """A reply that the SDK sends."""

    def __init__(self, server: "HttpServer") -> None:
        super().__init__()
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._server(scope, receive, send)


def _check_origin(request: Request) -> None:
    """Refuse what another site's page sends, as the protocol asks for."""
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise HTTPException(403, "a page of another origin may not call this service")
