"""States in the OpenAPI document which errors each route may answer with.

Most of them come from what stands before the routes, so that no route could say it of itself.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from briefqa.api.limiting import JSON_PATHS

_ANY: Final = (400, 401, 403, 421, 429)
_WITH_BODY: Final = (408, 413)
_WITH_JSON: Final = (415, 422, 503, 504)

_Json = dict[str, Any]  # Any: an OpenAPI document


def state_statuses(path: str, method: str, operation: _Json) -> None:
    """Add to ``operation`` a response for each error that it may give, in the form of others."""
    responses: _Json = operation["responses"]
    shape = responses.get("default")
    if shape is None:
        return
    for status in _statuses(path, method, operation):
        said = {**shape, "description": HTTPStatus(status).phrase}
        responses.setdefault(str(status), said)
    # The last is for those that nobody thought of.
    operation["responses"] = dict(sorted(responses.items()))


def _statuses(path: str, method: str, operation: _Json) -> Iterator[int]:
    yield from _ANY
    parameters = operation.get("parameters", [])
    places = {each["in"] for each in parameters}
    if "path" in places:
        yield 404
    if "query" in places:
        yield 422
    if "requestBody" in operation:
        yield from _WITH_BODY
    if path in JSON_PATHS:
        yield from _WITH_JSON
    if method in {"put", "delete"}:
        yield from (409, 422, 503)
