"""An open service outlives what happens to its folder, and says so."""

from contextlib import suppress
from pathlib import Path

import pytest

from briefqa import Service, build_index, open_index
from briefqa.backends.tantivy import TantivyBackend, TantivyIndex
from briefqa.errors import IndexDamagedError, LimitError, UnknownPluginError


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


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _two_generations(place: Path) -> tuple[Path, str]:
    """Build an index of one document, then of two; return it and the generation that serves."""
    folder, index = place / "briefs", place / "index"
    folder.mkdir()
    (folder / "a.txt").write_text("The port handles nine ships a day.", encoding="utf-8")
    build_index(folder, index, embedder="hash:64")
    (folder / "b.txt").write_text("The harbour is closed in winter.", encoding="utf-8")
    return index, build_index(folder, index).generation


@pytest.mark.parametrize("name", ["vectors/rows.bin", "texts.bin", "tokens/codes.bin"])
def test_damage_that_a_question_meets_is_an_error_and_then_the_generation_before_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Large files are checked when they are used, and no answer may rest on what is damaged."""
    monkeypatch.setattr("briefqa.indexing.writing.LARGE_BYTES", 0)
    index, serving = _two_generations(tmp_path)
    _flip(index / "generations" / serving / name)

    with open_index(index) as service:
        before = service.degraded
        with pytest.raises(IndexDamagedError, match=Path(name).name):
            service.search("ships in winter")
        found = service.search("ships in winter")

        assert [each.document.doc_id for each in found.passages] == ["a.txt"]
        assert before is None
        assert name in (service.degraded or "")


def test_a_large_word_index_that_cannot_be_opened_gives_way_to_the_generation_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread opens it once its hashes agree: what it meets must be known as damage too."""
    monkeypatch.setattr("briefqa.indexing.writing.LARGE_BYTES", 0)
    index, serving = _two_generations(tmp_path)
    real = TantivyBackend.open

    def opened(backend: TantivyBackend, folder: Path) -> TantivyIndex:
        if serving in folder.parts:
            raise IndexDamagedError(folder, "tantivy cannot read it")
        return real(backend, folder)

    monkeypatch.setattr(TantivyBackend, "open", opened)
    with open_index(index) as service:
        with suppress(IndexDamagedError):
            service.search("ships in winter")
        found = service.search("ships in winter")

        assert [each.document.doc_id for each in found.passages] == ["a.txt"]
        assert "tantivy cannot read it" in (service.degraded or "")


def test_damage_without_a_generation_before_is_told_to_every_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second try must not get further than the first."""
    monkeypatch.setattr("briefqa.indexing.writing.LARGE_BYTES", 0)
    folder, index = tmp_path / "briefs", tmp_path / "index"
    folder.mkdir()
    (folder / "a.txt").write_text("The port handles nine ships a day.", encoding="utf-8")
    serving = build_index(folder, index, embedder="hash:64").generation
    _flip(index / "generations" / serving / "vectors" / "rows.bin")

    with open_index(index) as service:
        for _ in range(2):
            with pytest.raises(IndexDamagedError, match=r"rows\.bin"):
                service.search("ships")

    build_index(folder, index)
    with open_index(index) as service:
        assert service.search("ships").passages
