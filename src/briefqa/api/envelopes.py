"""Errors in the shape that OpenAI's clients expect, on the routes made for them."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from starlette.responses import JSONResponse, Response

from briefqa.api.validation import FieldError
from briefqa.datatypes import JsonValue

MODEL_NOT_FOUND: Final = "model_not_found"

_FAMILIES = ("chat", "completions", "responses", "models", "embeddings")
_PATH = re.compile(rf"/v1/(?:{'|'.join(_FAMILIES)})(?:/|$)")
_FIRST_SERVER_ERROR = 500
# Where the question is, on routes that have no field of that name.
_QUESTION = "question"


def is_openai_path(path: str) -> bool:
    """Tell whether whoever asks for ``path`` speaks OpenAI's API, be there such a route or not."""
    return _PATH.match(path) is not None


def envelope(
    status: int, code: str, message: str, param: str | None = None
) -> dict[str, JsonValue]:
    """Return an error as an object."""
    kind = "server_error" if status >= _FIRST_SERVER_ERROR else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def envelope_response(  # noqa: PLR0913 - what is wrong, where, and how that is sent
    status: int,
    code: str,
    message: str,
    *,
    path: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an error as it is sent; of ``errors`` the first names the field."""
    param = _param(errors[0], path) if errors else None
    return JSONResponse(envelope(status, code.replace("-", "_"), message, param), status, headers)


def _param(error: FieldError, path: str) -> str | None:
    if error.where == "body":
        return None
    if error.where == _QUESTION:
        return "messages" if path.startswith("/v1/chat") else "input"
    return re.sub(r"/(\d+)(?=/|$)", r"[\1]", error.where).replace("/", ".")
