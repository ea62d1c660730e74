"""Each error becomes the problem that it is."""

import inspect
import logging
from collections.abc import Generator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from briefqa import Service, errors
from briefqa.api import create_app
from briefqa.api.problems import OF_ERROR, kind_of
from briefqa.datatypes import AnswerEvent


class _Failing(Service):
    """A service whose every answer is one error."""

    def __init__(self, index: Path, error: Exception) -> None:
        super().__init__(index)
        self._error = error

    def stream(
        self,
        question: str,  # noqa: ARG002 - as inherited
        **options: object,  # noqa: ARG002
    ) -> Generator[AnswerEvent, None, None]:
        """Fail."""
        raise self._error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.UsageError("x"), 422),
        (errors.QuestionError("x"), 422),
        (errors.LimitError("top_k", found=0, least=1, most=100), 422),
        (errors.ConditionError("tag", "tag", "no comparison"), 422),
        (errors.DateError("as_of", found="now"), 422),
        (errors.UnknownDocumentError("x"), 404),
        (errors.IndexLockedError(Path("x"), holder="y"), 409),
        (errors.IndexMissingError(Path("x")), 503),
        (errors.IndexDamagedError("x", "y"), 503),
        (errors.IndexWriteError(Path("x"), "y"), 503),
        (errors.WeightsError("x"), 503),
        (errors.BackendError("x"), 503),
        (errors.BriefqaError("x"), 500),
    ],
    ids=lambda value: type(value).__name__,
)
def test_error_becomes_its_problem(index: Path, error: errors.BriefqaError, status: int) -> None:
    """A client can tell its own mistakes from those of the server."""
    with _Failing(index, error) as service, TestClient(create_app(service)) as client:
        response = client.post("/v1/ask", json={"question": "x"})

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert response.json()["detail"] == str(error)


def test_every_error_has_a_kind() -> None:
    """An error added later falls to its parent's status, never through."""
    found = [c for c in vars(errors).values() if inspect.isclass(c)]
    classes: list[type[errors.BriefqaError]] = [
        c for c in found if issubclass(c, errors.BriefqaError)
    ]

    kinds = {c.__name__: kind_of(c.__new__(c)) for c in classes}

    assert len(classes) > 15
    assert {kind.status for kind in kinds.values()} == {404, 409, 422, 500, 503, 504}
    assert kinds["UnknownDocumentError"].status == 404


def test_kinds_are_told_apart_by_name() -> None:
    """A program looks at the type, so that no name may mean two statuses."""
    kinds = set(OF_ERROR.values())

    assert len({kind.name for kind in kinds}) == len(kinds)


def test_unexpected_error_tells_nothing_to_the_client_or_the_log(
    index: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug is found by its place in the code, without what was asked leaking anywhere."""
    caplog.set_level(logging.INFO)
    with (
        _Failing(index, ZeroDivisionError("zanzibar")) as service,
        TestClient(create_app(service)) as client,
    ):
        response = client.post("/v1/ask", json={"question": "zanzibar"})

    assert response.status_code == 500
    assert response.json()["type"] == "urn:problem-type:briefqa:internal-error"
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"]
    assert "zanzibar" not in response.text
    assert "zanzibar" not in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert f"{Path(__file__).name}" in caplog.text
