"""What the tests of indexing may use."""

from pathlib import Path

import pytest
from tests.corpus import Corpus, fill


@pytest.fixture
def empty(tmp_path: Path) -> Corpus:
    """An empty folder and no index."""
    folder = tmp_path / "briefs"
    folder.mkdir()
    return Corpus(folder, tmp_path / "index")


@pytest.fixture
def corpus(empty: Corpus) -> Corpus:
    """Three files, four documents, more chunks, and no index yet."""
    return fill(empty)
