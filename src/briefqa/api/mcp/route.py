"""The route by which agents reach the tools."""

from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from briefqa.api.mcp import missing
from briefqa.api.problems import MEDIA_TYPE, PROBLEM_REPLIES
from briefqa.assembly.service import Service

if TYPE_CHECKING:
    # An extra, and half a second to import.
    from briefqa.api.mcp.server import HttpServer


_MESSAGE: Final = {
    "type": "object",
    "description": "A message of JSON-RPC 2.0, as the protocol has it.",
    "properties": {
        "jsonrpc": {"const": "2.0"},
        "id": {"type": ["integer", "string"]},
        "method": {"type": "string", "examples": ["tools/call"]},
        "params": {"type": ["object", "null"]},
    },
    "required": ["jsonrpc", "method"],
}
_JSON: Final = {"application/json": {"schema": {"type": "object"}}}
# Any: as FastAPI types it
_REPLIES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The reply to a request", "content": _JSON},
    202: {"description": "A notification was taken; nothing is said to it"},
    400: {"description": "No message of the protocol", "content": {**_JSON, MEDIA_TYPE: {}}},
    406: {"description": "`Accept` names neither form of a reply", "content": _JSON},
}


def add_mcp_route(app: FastAPI, service: Service) -> None:
    """Add ``POST /mcp``."""
    server = _Lazily(service)

    @app.post(
        "/mcp",
        tags=["agents"],
        summary="Serve the Model Context Protocol over streamable HTTP",
        description="No session is kept, and no stream opened: `GET` is answered with 405.",
        responses={**_REPLIES, **PROBLEM_REPLIES},
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/json": {"schema": _MESSAGE}}}
        },
    )
    def serve_mcp() -> Response:
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
