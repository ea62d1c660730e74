"""What the tests of the HTTP interface may use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from briefqa import Service, build_index, open_index
from briefqa.api import create_app


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of one small document."""
    folder = tmp_path_factory.mktemp("api")
    (folder / "briefs").mkdir()
    (folder / "briefs" / "note.txt").write_text("The harbour was dredged in 1998.\n")
    build_index(folder / "briefs", folder / "index", embedder="hash")
    return folder / "index"


@pytest.fixture
def service(index: Path) -> Iterator[Service]:
    """The index, opened."""
    with open_index(index) as service:
        yield service


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    """A client of an application that runs in this process."""
    with TestClient(create_app(service), raise_server_exceptions=False) as client:
        yield client
