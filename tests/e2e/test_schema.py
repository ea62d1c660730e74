"""What the OpenAPI document says is what the service does, tried with requests made from it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from briefqa import Service, build_index, open_index
from briefqa.api import create_app

SEED = 20_261_126
_EXAMPLES = 25
_BUSY = 503
_SERVER_ERROR = 500
_POST_TO = {"/v1/chat/completions", "/v1/responses"}
_DOC_IDS = ["note.txt", "deep/naïve 🚢.md", "none.txt"]

_TAKING = [
    "POST /v1/search",
    "POST /v1/ask",
    "POST /v1/verify",
    "POST /v1/chat/completions",
    "POST /v1/responses",
    "POST /mcp",
    "GET /v1/documents",
]
"""Of every path any text is taken, so that only these can be given what is forbidden."""

_OPERATIONS = [
    *_TAKING,
    "GET /v1/documents/{doc_id}/text",
    "GET /v1/documents/{doc_id}",
    "PUT /v1/documents/{doc_id}",
    "DELETE /v1/documents/{doc_id}",
    "GET /v1/models",
    "GET /v1/models/{model_id}",
    "GET /health",
    "GET /ready",
    "GET /metrics",
]

_Operation = Any  # schemathesis gives none of its types a stable name


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service over two documents."""
    folder = tmp_path_factory.mktemp("schema")
    briefs = folder / "briefs"
    (briefs / "deep").mkdir(parents=True)
    (briefs / "note.txt").write_text("The harbour was dredged in 1998.\n")
    (briefs / "deep" / "naïve 🚢.md").write_text(
        "# Ferries\n\nThe ferry began in 1931. 🚢\n", encoding="utf-8"
    )
    build_index(briefs, Path(folder / "index"), embedder="hash")
    with open_index(folder / "index") as service:
        yield service


@pytest.fixture(scope="module")
def operations(service: Service) -> dict[str, _Operation]:
    """Each operation of the document, by method and path."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(service))
    made = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    return {operation.label: operation for operation in made}


def _try(operation: _Operation, mode: schemathesis.GenerationMode) -> Counter[int]:
    """Send requests made from the document, check each reply, and count the statuses."""
    seen: Counter[int] = Counter()
    # No schema says which conditions, models and days there are.
    unchecked = [positive_data_acceptance]
    if operation.path == "/mcp":
        # How strictly messages are read, the SDK decides.
        unchecked.append(negative_data_rejection)

    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=_EXAMPLES,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def attempt(case: Any, data: st.DataObject) -> None:  # noqa: ANN401 - as above
        if mode is schemathesis.GenerationMode.POSITIVE:
            _make_plausible(case, data)
        reply = case.call()
        seen[int(reply.status_code)] += 1
        assert reply.status_code < _SERVER_ERROR or reply.status_code == _BUSY, reply.text
        case.validate_response(reply, excluded_checks=unchecked)

    print(f"{operation.label}: seed {SEED}")  # noqa: T201 - what to repeat a failure with
    attempt()
    return seen


def _make_plausible(case: Any, data: st.DataObject) -> None:  # noqa: ANN401 - as above
    """Half of the time, name what exists, so that more than mistakes is tried."""
    if not data.draw(st.booleans()):
        return
    if "doc_id" in (case.path_parameters or {}):
        case.path_parameters["doc_id"] = data.draw(st.sampled_from(_DOC_IDS))
    if "model_id" in (case.path_parameters or {}):
        case.path_parameters["model_id"] = "briefqa"
    if not isinstance(case.body, dict):
        return
    if case.path in _POST_TO:
        asked = [{"role": "user", "content": "When was the harbour dredged?"}]
        case.body["model"] = "briefqa"
        case.body["input" if case.path == "/v1/responses" else "messages"] = asked
    elif "model" in case.body:
        case.body["model"] = "extractive"


def test_every_operation_is_tried(operations: dict[str, _Operation]) -> None:
    """A route that is added is tried as well."""
    assert set(operations) == set(_OPERATIONS)


@pytest.mark.parametrize("name", _OPERATIONS)
def test_replies_to_what_the_document_allows_are_as_documented(
    operations: dict[str, _Operation], name: str
) -> None:
    """Nothing that may be sent breaks anything, and each reply has its documented form."""
    seen = _try(operations[name], schemathesis.GenerationMode.POSITIVE)

    assert sum(seen.values()) >= 1


@pytest.mark.parametrize("name", _TAKING)
def test_what_the_document_forbids_is_refused(operations: dict[str, _Operation], name: str) -> None:
    """A mistake is told as one, and never passed over or taken for a failure of the server."""
    seen = _try(operations[name], schemathesis.GenerationMode.NEGATIVE)

    assert set(seen) <= ({200, 202, 400} if name == "POST /mcp" else {400, 404, 415, 422})
    assert sum(seen.values()) >= _EXAMPLES // 2


def test_errors_from_before_the_routes_are_in_the_document(service: Service) -> None:
    """Whoever makes a client of it learns when to send a key, and when to come again."""
    paths = create_app(service).openapi()["paths"]

    asked, told = paths["/v1/ask"]["post"]["responses"], paths["/v1/documents"]["get"]["responses"]
    ours = paths["/v1/responses"]["post"]["responses"]
    expected = {"400", "401", "403", "408", "413", "415", "421", "422", "429", "503", "504"}
    assert set(asked) == expected | {"200", "default"}
    assert set(ours) == set(asked)
    assert set(told) == {"200", "400", "401", "403", "421", "422", "429", "default"}
    assert set(asked["503"]["content"]) == {"application/problem+json"}
    assert set(ours["503"]["content"]) == {"application/json"}
