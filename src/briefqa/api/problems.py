"""Errors as problem details (RFC 9457): the one table from error class to status."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from briefqa.api.envelopes import envelope_response, is_openai_path
from briefqa.api.filters import condition_error
from briefqa.api.observing import note_problem
from briefqa.api.schemas import Problem
from briefqa.api.validation import FieldError, explain, is_broken_json
from briefqa.datatypes import JsonValue
from briefqa.errors import (
    AnswerTimeoutError,
    BackendError,
    BriefqaError,
    ConditionError,
    DateError,
    DocumentError,
    DocumentOwnedError,
    IndexFileError,
    IndexLockedError,
    IndexWriteError,
    LimitError,
    LoadError,
    NoDocumentsError,
    QuestionError,
    StoppingError,
    UnknownDocumentError,
    UsageError,
)

_log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
PROBLEM_REPLIES: Final[dict[int | str, dict[str, Any]]] = {  # Any: as FastAPI types it
    "default": {"model": Problem, "description": "A problem"}
}
_FIRST_SERVER_ERROR = 500
_TYPE_PREFIX = "urn:problem-type:briefqa:"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of problem: its status, its name in the type, and its title."""

    status: int
    name: str
    title: str


INTERNAL: Final = ProblemKind(500, "internal-error", "The server failed")
TOO_LARGE: Final = ProblemKind(413, "body-too-large", "The body is too large")
SLOW_BODY: Final = ProblemKind(408, "body-too-slow", "The body comes too slowly")
BROKEN_ADDRESS: Final = ProblemKind(400, "broken-address", "The address cannot be read")
BROKEN_JSON: Final = ProblemKind(400, "broken-json", "The body cannot be read as JSON")
NOT_JSON: Final = ProblemKind(415, "not-json", "The body is not sent as JSON")
CHANGES_OFF: Final = ProblemKind(403, "changes-off", "The index cannot be changed over HTTP")
KEY_NEEDED: Final = ProblemKind(401, "key-needed", "The key is missing or wrong")
BROKEN_HOST: Final = ProblemKind(400, "broken-host", "The host cannot be read")
UNKNOWN_HOST: Final = ProblemKind(421, "unknown-host", "The server does not go by this name")
FOREIGN_ORIGIN: Final = ProblemKind(403, "foreign-origin", "The page may not call this service")
RATE_LIMITED: Final = ProblemKind(429, "rate-limited", "Too much is asked in a short time")
INVALID: Final = ProblemKind(
    422,
    "invalid-request",
    "The request cannot be carried out as written",
)

OF_ERROR: Final[Mapping[type[BriefqaError], ProblemKind]] = {
    BriefqaError: INTERNAL,
    UsageError: INVALID,
    DocumentError: ProblemKind(422, "unreadable-document", "The document cannot be read"),
    DocumentOwnedError: ProblemKind(409, "document-owned", "The document belongs to a folder"),
    NoDocumentsError: INVALID,
    UnknownDocumentError: ProblemKind(404, "unknown-document", "There is no such document"),
    IndexFileError: ProblemKind(503, "index-unusable", "The index cannot be used"),
    IndexLockedError: ProblemKind(409, "index-locked", "The index is being written"),
    IndexWriteError: ProblemKind(503, "index-unwritable", "The index cannot be written"),
    BackendError: ProblemKind(503, "backend-unavailable", "A model or store cannot be reached"),
    LoadError: ProblemKind(503, "busy", "Too much is asked at once"),
    StoppingError: ProblemKind(503, "stopping", "The server is being stopped"),
    AnswerTimeoutError: ProblemKind(504, "answer-too-slow", "The answer takes too long"),
}

OF_STATUS: Final[Mapping[int, tuple[ProblemKind, str]]] = {
    400: (BROKEN_JSON, "the body is not JSON in UTF-8, or is nested too deeply"),
    404: (
        ProblemKind(404, "unknown-route", "There is no such route"),
        "no route has this path; /openapi.json lists them all",
    ),
    405: (
        ProblemKind(
            405,
            "method-not-allowed",
            "The route does not take this method",
        ),
        "the Allow header names the methods that this route takes",
    ),
}


def kind_of(error: BriefqaError) -> ProblemKind:
    """Return the kind of problem that ``error`` is, by its nearest class in the table."""
    return next(OF_ERROR[c] for c in type(error).__mro__ if c in OF_ERROR)


def problem_response(
    kind: ProblemKind,
    detail: str,
    scope: Scope,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem as it is sent; ``scope`` is that of the request."""
    note_problem(kind.name)
    path = scope["path"]
    if is_openai_path(path):
        return envelope_response(
            kind.status, kind.name, detail, path=path, errors=errors, headers=headers
        )
    content = problem(kind, detail, scope)
    if errors:
        content["errors"] = [{**error.to_wire()} for error in errors]
    return JSONResponse(content, kind.status, headers, MEDIA_TYPE)


def problem(kind: ProblemKind, detail: str, scope: Scope) -> dict[str, JsonValue]:
    """Return a problem as an object; ``scope`` is that of the request."""
    return {
        "type": _TYPE_PREFIX + kind.name,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": scope["raw_path"].decode("ascii"),
    }


def add_problem_handlers(app: FastAPI) -> None:
    """Have every error that a route or the framework raises answered with a problem."""
    app.add_exception_handler(BriefqaError, _on_our_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)


# Handlers have `Exception` in their signatures because Starlette asks for it.


def _on_our_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, BriefqaError):
        raise error
    kind = kind_of(error)
    if kind.status >= _FIRST_SERVER_ERROR:
        _log.error("%s: %s", type(error).__name__, error)
    errors: list[FieldError] = []
    headers = error.headers() if isinstance(error, LoadError) else None
    if isinstance(error, QuestionError):
        errors = [FieldError(str(error), pointer="#/question")]
    if isinstance(error, LimitError | DateError):
        errors = [FieldError(str(error), pointer=f"#/{error.name}")]
    if isinstance(error, ConditionError):
        errors = [condition_error(error, request.method)]
    return problem_response(kind, str(error), request.scope, errors=errors, headers=headers)


def _on_invalid_request(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    found = error.errors()
    if is_broken_json(found):
        return problem_response(BROKEN_JSON, explain(found)[0].detail, request.scope)
    # FastAPI hands a body on as bytes if, and only if, it was not sent as JSON.
    if isinstance(error.body, bytes):
        sent = request.headers.get("content-type", "nothing")
        detail = f"the Content-Type is {sent[:100]!r}, expected application/json"
        return problem_response(NOT_JSON, detail, request.scope)
    errors = explain(found)
    detail = "; ".join(f"{each.where}: {each.detail}" for each in errors[:3])
    return problem_response(INVALID, detail, request.scope, errors=errors)


def _on_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    phrase = HTTPStatus(error.status_code).phrase
    other = ProblemKind(error.status_code, phrase.lower().replace(" ", "-"), phrase)
    kind, detail = OF_STATUS.get(error.status_code, (other, error.detail))
    return problem_response(kind, detail, request.scope, headers=error.headers)
