"""Routes that change the index: for operators who hold the key."""

from typing import Annotated

from fastapi import Depends, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from briefqa.api.admin import Admin
from briefqa.api.problems import CHANGES_OFF, KEY_NEEDED, PROBLEM_REPLIES, problem_response
from briefqa.api.replies import WireResponse
from briefqa.api.schemas import ChangeReply
from briefqa.wire import report_to_wire


def add_change_routes(app: FastAPI, admin: Admin | None) -> None:
    """Add ``PUT`` and ``DELETE`` of ``/v1/documents/{doc_id}``; without ``admin`` they refuse."""

    @app.put(
        "/v1/documents/{doc_id:doc_id}",
        tags=["documents"],
        summary="Send a document, or replace one that was sent",
        description=(
            "The body is the file itself, in any format that is read. Needs "
            "`Authorization: Bearer KEY`, and a server to which a key was given. The file is "
            "kept under a name of the server's making. A document of an indexed folder is "
            "changed there and not here."
        ),
        responses={
            200: {"model": ChangeReply, "description": "Replaced, or the same as before"},
            201: {"model": ChangeReply, "description": "Added"},
            **PROBLEM_REPLIES,
        },
        openapi_extra={"requestBody": {"required": True, "content": {"*/*": {}}}},
    )
    def put_document(
        request: Request,
        doc_id: str,
        body: Annotated[bytes, Depends(_body)],
    ) -> Response:
        if admin is None or not admin.is_meant_by(request.headers):
            return _refused(request, admin)
        report = admin.changer.put(doc_id, body)
        return WireResponse(report_to_wire(report), 201 if report.added else 200)

    @app.delete(
        "/v1/documents/{doc_id:doc_id}",
        tags=["documents"],
        summary="Take a document out of the index",
        description=(
            "A document that was sent is deleted. One of an indexed folder is left out from "
            "now on, though its file stays. Needs the key, as sending does."
        ),
        responses={200: {"model": ChangeReply}, **PROBLEM_REPLIES},
    )
    def remove_document(request: Request, doc_id: str) -> Response:
        if admin is None or not admin.is_meant_by(request.headers):
            return _refused(request, admin)
        return WireResponse(report_to_wire(admin.changer.remove(doc_id)))


async def _body(request: Request) -> bytes:
    # FastAPI itself would parse what is sent as JSON.
    return await request.body()


def _refused(request: Request, admin: Admin | None) -> Response:
    if admin is None:
        detail = "whoever runs this server has set no admin key; see the setting server.admin_key"
        return problem_response(CHANGES_OFF, detail, request.scope)
    detail = "send the admin key of this server as Authorization: Bearer KEY"
    headers = {"WWW-Authenticate": "Bearer"}
    return problem_response(KEY_NEEDED, detail, request.scope, headers=headers)
