"""Making an index asks for as little as it can, and changes no more than it was told to."""

import subprocess
import sys
from pathlib import Path

import pytest

from briefqa import build_index, open_index
from briefqa.assembly import building
from briefqa.errors import MissingFolderError, NoDocumentsError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one brief in it."""
    place = tmp_path / "briefs"
    place.mkdir()
    (place / "a.txt").write_text("The port handles nine ships a day.", encoding="utf-8")
    return place


def test_the_model_is_on_its_way_before_what_builds_is_imported() -> None:
    """The one takes as long as the other, and both cores are there from the start."""
    slow = ["faiss", "nupunkt", "onnxruntime", "tantivy", "tokenizers", "yaml"]
    program = f"import briefqa.assembly.building, sys; print(*(set({slow!r}) & set(sys.modules)))"

    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert loaded.stdout.split() == []


def test_an_index_keeps_the_model_it_has(folder: Path, tmp_path: Path) -> None:
    """Indexing again must not embed everything anew with a model that nobody asked for."""
    build_index(folder, tmp_path / "index", embedder="hash:64")
    (folder / "b.txt").write_text("The harbour is deep.", encoding="utf-8")

    report = build_index(folder, tmp_path / "index")

    assert report.added == ("b.txt",)
    assert (report.embedded, report.reused) == (1, 1)
    with open_index(tmp_path / "index") as service:
        assert service.model_id == "hash:64@v2"


def test_a_folder_is_refused_before_a_model_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped path should not cost the seconds that loading a model takes."""

    def never(*_: object, **__: object) -> None:
        pytest.fail("a model was loaded")

    monkeypatch.setattr(building, "embedder_for_indexing", never)
    (tmp_path / "empty").mkdir()

    with pytest.raises(MissingFolderError):
        build_index(tmp_path / "nowhere", tmp_path / "index")
    with pytest.raises(NoDocumentsError):
        build_index(tmp_path / "empty", tmp_path / "index")
    assert not (tmp_path / "index").exists()
