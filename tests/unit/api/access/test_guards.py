"""Whatever is replied, a browser runs, frames, guesses and keeps none of it."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from briefqa import Service
from briefqa.api import create_app
from briefqa.datatypes import AnswerEvent

_JSON_POLICY = "default-src 'none'"


class _Broken(Service):
    """Fails at every question, as nobody foresaw."""

    def stream(
        self,
        question: str,
        **options: object,  # noqa: ARG002 - as inherited
    ) -> Generator[AnswerEvent, None, None]:
        """Fail."""
        raise ZeroDivisionError(question)


@pytest.fixture
def client(index: Path) -> Iterator[TestClient]:
    """A client of an application that also fails."""
    with (
        _Broken(index) as service,
        TestClient(create_app(service), raise_server_exceptions=False) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/documents", 200),
        ("GET", "/documents/note.txt", 200),
        ("GET", "/documents/gone", 404),
        ("GET", "/docs", 200),
        ("GET", "/docs/swagger-ui.css", 200),
        ("GET", "/assets/0/x.js", 404),
        ("GET", "/openapi.json", 200),
        ("GET", "/health", 200),
        ("HEAD", "/health", 200),
        ("GET", "/metrics", 200),
        ("GET", "/v1/documents", 200),
        ("GET", "/v1/documents/note.txt/text", 200),
        ("GET", "/v1/models", 200),
        ("GET", "/gone", 404),
        ("POST", "/health", 405),
        ("POST", "/v1/ask", 500),
        ("POST", "/v1/search", 200),
        ("GET", "/mcp", 405),
        ("PUT", "/v1/documents/x", 403),
    ],
)
def test_every_reply_is_guarded(client: TestClient, method: str, path: str, status: int) -> None:
    """Errors too, down to the one that nobody foresaw."""
    body = {"question": "When?"} if method == "POST" else None
    reply = client.request(method, path, json=body)

    assert reply.status_code == status
    policy = reply.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'unsafe-inline'" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["x-frame-options"] == "DENY"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["cross-origin-resource-policy"] == "same-origin"
    assert reply.headers["cross-origin-opener-policy"] == "same-origin"
    assert all(len(reply.headers.get_list(name)) == 1 for name in reply.headers)
    if "json" in reply.headers.get("content-type", "json"):
        assert policy.startswith(_JSON_POLICY)
        assert reply.headers["cache-control"] == "no-store"
    if "html" not in reply.headers.get("content-type", ""):
        assert "unsafe" not in policy
