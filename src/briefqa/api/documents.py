"""Routes of the catalogue: what the index holds, and the text that offsets count in."""

from dataclasses import asdict
from typing import Annotated

from fastapi import FastAPI, Header, Query
from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import JSONResponse, PlainTextResponse, Response

from briefqa.api.problems import PROBLEM_REPLIES
from briefqa.api.replies import WireResponse
from briefqa.api.schemas import DocumentReply, DocumentsReply, DocumentsRequest
from briefqa.assembly.service import Service
from briefqa.datatypes import Document
from briefqa.errors import UnknownDocumentError
from briefqa.wire import WireObject, document_to_wire


class _DocIdConvertor(Convertor[str]):
    """Takes any text, line breaks included, which ``path`` would not."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("doc_id", _DocIdConvertor())


def add_document_routes(app: FastAPI, service: Service) -> None:
    """Add ``/v1/documents`` and what lies below it."""

    @app.get(
        "/v1/documents",
        tags=["documents"],
        summary="List the documents by id",
        responses={200: {"model": DocumentsReply}, **PROBLEM_REPLIES},
    )
    def list_documents(page: Annotated[DocumentsRequest, Query()]) -> JSONResponse:
        found = service.documents(where=page.where)
        shown = found[page.offset : page.offset + page.limit]
        newer = service.superseded()
        return WireResponse(
            {
                "documents": [
                    document_to_wire(info, superseded_by=newer.get(info.doc_id, ()))
                    for info in shown
                ],
                "total": len(found),
                "limit": page.limit,
                "offset": page.offset,
                "index": asdict(service.info),
            }
        )

    # Before the route below, which would take "/text" for the end of an id.
    @app.get(
        "/v1/documents/{doc_id:doc_id}/text",
        tags=["documents"],
        summary="Give a document's canonical text",
        description="Should there be a document whose id ends in `/text`, its id wins.",
        response_class=PlainTextResponse,
        responses={
            304: {"description": "The text is the one that `If-None-Match` names"},
            **PROBLEM_REPLIES,
        },
    )
    def show_text(doc_id: str, if_none_match: Annotated[str | None, Header()] = None) -> Response:
        try:
            return WireResponse(_described(service.document(f"{doc_id}/text"), service))
        except UnknownDocumentError:
            return _text(service.document(doc_id), if_none_match)

    @app.get(
        "/v1/documents/{doc_id:doc_id}",
        tags=["documents"],
        summary="Tell what is known of a document",
        responses={200: {"model": DocumentReply}, **PROBLEM_REPLIES},
    )
    def show_document(doc_id: str) -> JSONResponse:
        return WireResponse(_described(service.document(doc_id), service))


def _described(document: Document, service: Service) -> WireObject:
    newer = service.superseded().get(document.info.doc_id, ())
    known = document_to_wire(document.info, superseded_by=newer)
    return {**known, "characters": len(document.text)}


def _text(document: Document, if_none_match: str | None) -> Response:
    sha256 = document.info.text_sha256
    headers = {
        "ETag": f'"{sha256}"',
        "X-Text-SHA256": sha256,
        # Kept by nobody but whoever asked, who may have shown a key.
        "Cache-Control": "private, no-cache",
    }
    tags = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    if tags & {headers["ETag"], "*"}:
        return Response(status_code=304, headers=headers)
    return PlainTextResponse(document.text, headers=headers)
