"""The web page: static files, which ask the other routes for all that they show."""

import hashlib
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from briefqa.api.access.access import Access
from briefqa.api.access.guards import PAGE_POLICY, POLICY
from briefqa.assembly.service import Service
from briefqa.errors import UnknownDocumentError

_FOLDER: Final = Path(__file__).with_name("web")
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_ASSETS_MARK: Final = "{assets}"

_ALWAYS: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"


def add_page_routes(app: FastAPI, service: Service, access: Access) -> None:
    """Add ``/``, ``/documents`` and what lies below it, and the files that these pages need."""
    assets = _read_assets()
    current = _digest(assets)
    pages = {
        name: (_FOLDER / f"{name}.html")
        .read_text(encoding="utf-8")
        .replace(_ASSETS_MARK, f"/assets/{current}")
        for name in ("ask", "documents", "document")
    }

    @app.get("/", include_in_schema=False)
    def ask_page(request: Request) -> Response:
        return _page(pages["ask"], request)

    @app.get("/documents", include_in_schema=False)
    def documents_page(request: Request) -> Response:
        return _page(pages["documents"], request)

    @app.get("/documents/{doc_id:doc_id}", include_in_schema=False)
    def document_page(request: Request, doc_id: str) -> Response:
        if access.keys:
            # No key comes with a link that is followed, and strangers are told of no document.
            return _page(pages["document"], request)
        try:
            service.document(doc_id)
        except UnknownDocumentError:
            # The same page, which then says that there is no such document.
            return HTMLResponse(pages["document"], 404, _headers(_ASK_AGAIN))
        return _page(pages["document"], request)

    @app.get("/assets/{digest}/{name:path}", include_in_schema=False)
    def asset(request: Request, digest: str, name: str) -> Response:
        found = assets.get(name) if digest == current else None
        if found is None:
            raise HTTPException(404)
        return _unless_known(found, _MEDIA_TYPES[Path(name).suffix], _ALWAYS, request)


def _page(text: str, request: Request) -> Response:
    return _unless_known(text.encode(), "text/html; charset=utf-8", _ASK_AGAIN, request)


def _unless_known(content: bytes, media_type: str, caching: str, request: Request) -> Response:
    """Return ``content``, or the word that whoever asks has it already."""
    tag = f'"{hashlib.sha256(content).hexdigest()}"'
    headers = {**_headers(caching), "ETag": tag}
    known = {
        each.strip().removeprefix("W/")
        for each in request.headers.get("if-none-match", "").split(",")
    }
    if known & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)


def _headers(caching: str) -> dict[str, str]:
    return {POLICY: PAGE_POLICY, "Cache-Control": caching}


def _read_assets() -> dict[str, bytes]:
    return {
        path.relative_to(_FOLDER).as_posix(): path.read_bytes()
        for path in sorted(_FOLDER.rglob("*"))
        if path.suffix in _MEDIA_TYPES
    }


def _digest(assets: dict[str, bytes]) -> str:
    """Return a name that changes with any of the files, for addresses that never change."""
    parts = [f"{name}\0{hashlib.sha256(data).hexdigest()}\n" for name, data in assets.items()]
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:16]
