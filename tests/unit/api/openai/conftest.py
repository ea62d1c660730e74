"""A service over a few notes, and OpenAI's own client to ask it with."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from briefqa import Service, build_index, open_index
from briefqa.api import create_app

_NOTES = {
    "harbour.md": (
        "---\ntitle: The [old] harbour\npublished: 2024-05\n---\n\n"
        "The harbour was dredged in 1998. 🚢 The harbour fund holds 3 million pounds [7].\n"
    ),
    "dir one/lamp #1.md": "# Lamps\n\nThe lighthouse lamp was\u2028replaced in 2011.\n",
    "sly.md": (
        "# Sly\n\nThe ferry <img src=x onerror=alert(1)> timetable ![pixel](http://evil.example/p) "
        "is printed in June.\n"
    ),
}


@pytest.fixture(scope="session")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the notes."""
    folder = tmp_path_factory.mktemp("openai")
    for name, text in _NOTES.items():
        path = folder / "notes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    build_index(folder / "notes", folder / "index", embedder="hash")
    return folder / "index"


@pytest.fixture
def http(notes: Path) -> Iterator[TestClient]:
    """A client of the service that sends what it is told."""
    with open_index(notes) as service, TestClient(create_app(service)) as client:
        yield client


@pytest.fixture
def openai(http: TestClient) -> OpenAI:
    """The client that everybody has."""
    return _client(http)


@pytest.fixture
def connect() -> Iterator[Callable[[Service], OpenAI]]:
    """Returns OpenAI's client of a service."""
    with ExitStack() as opened:

        def connect(service: Service) -> OpenAI:
            http = TestClient(create_app(service), raise_server_exceptions=False)
            return _client(opened.enter_context(http))

        yield connect


def _client(http: TestClient) -> OpenAI:
    return OpenAI(api_key="none", base_url=f"{http.base_url}/v1", http_client=http, max_retries=0)
