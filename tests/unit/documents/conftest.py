"""What the tests of the readers share."""

from collections.abc import Callable

import pytest

from briefqa.datatypes import Document
from briefqa.documents import SourceFile, read_file
from briefqa.errors import DocumentError

ReadBytes = Callable[..., list[Document | DocumentError]]


@pytest.fixture(scope="session")
def read_bytes(tmp_path_factory: pytest.TempPathFactory) -> ReadBytes:
    """Return a function that reads bytes as if a file of that name held them."""
    folder = tmp_path_factory.mktemp("read")

    def read(data: bytes, name: str = "brief.md") -> list[Document | DocumentError]:
        path = folder / name
        path.write_bytes(data)
        return list(read_file(SourceFile(path, name)))

    return read


@pytest.fixture(scope="session")
def read_document(read_bytes: ReadBytes) -> Callable[..., Document]:
    """Return a function that reads the one document that a text of that name makes."""

    def read(text: str, name: str = "brief.md") -> Document:
        [document] = read_bytes(text.encode(), name)
        assert isinstance(document, Document), document
        return document

    return read
