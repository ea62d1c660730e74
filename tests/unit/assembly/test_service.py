"""An open service outlives what happens to its folder, and says so."""

from pathlib import Path

import pytest

from briefqa import Service, build_index, open_index
from briefqa.errors import LimitError, UnknownPluginError


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """A service over one brief."""
    folder = tmp_path / "briefs"
    folder.mkdir()
    (folder / "a.txt").write_text("The port handles nine ships a day.", encoding="utf-8")
    build_index(folder, tmp_path / "index", embedder="hash:64")
    return open_index(tmp_path / "index")


def test_trouble_is_told_at_the_first_look(service: Service, tmp_path: Path) -> None:
    """Whoever asks whether all is well must not hear how it was a question ago."""
    pointer = tmp_path / "index" / "CURRENT"
    before = pointer.read_bytes()

    pointer.write_bytes(b"junk")
    told = service.degraded
    pointer.write_bytes(before)

    assert told is not None
    assert "CURRENT" in told
    assert service.degraded is None


def test_a_damaged_pointer_does_not_stop_answers(service: Service, tmp_path: Path) -> None:
    """What is in memory is whole, whatever has become of the folder."""
    (tmp_path / "index" / "CURRENT").unlink()

    assert service.search("ships").passages[0].document.doc_id == "a.txt"


def test_what_is_published_later_answers_the_next_question(
    service: Service, tmp_path: Path
) -> None:
    """A document that was deleted must be gone from the very next answer."""
    (tmp_path / "briefs" / "b.txt").write_text("Lighthouses are white.", encoding="utf-8")
    (tmp_path / "briefs" / "a.txt").unlink()

    build_index(tmp_path / "briefs", tmp_path / "index")

    found = service.search("ships and lighthouses").passages
    assert [passage.document.doc_id for passage in found] == ["b.txt"]


def test_a_reranker_that_cannot_be_meant_is_told_when_the_index_is_opened(
    service: Service, tmp_path: Path
) -> None:
    """A server must not start, and then fail every question."""
    assert service.reranker_id is None
    with pytest.raises(UnknownPluginError, match="monot5"):
        open_index(tmp_path / "index", reranker="monot5:x")
    with pytest.raises(LimitError, match="rerank_top is 0"):
        open_index(tmp_path / "index", rerank_top=0)
