"""What is tantivy's own about its index."""

import random
import stat
from pathlib import Path

import numpy as np
import pytest
from tantivy import Index

from briefqa.backends import tantivy
from briefqa.backends.tantivy import TantivyBackend
from briefqa.datatypes import ChunkId
from briefqa.errors import IndexDamagedError
from briefqa.protocols import Selection

ENTRIES = [(ChunkId("a"), "salt and silt"), (ChunkId("b"), "corn")]


def names_in(folder: Path) -> list[str]:
    """Return the suffixes, or the names where there is none."""
    return sorted(path.suffix or path.name for path in folder.iterdir())


def test_a_built_folder_holds_data_only(tmp_path: Path) -> None:
    """Every file there is hashed into the manifest; a lock has no place among them."""
    TantivyBackend().build(tmp_path, ENTRIES)

    assert names_in(tmp_path) == [
        ".fast", ".fieldnorm", ".idx", ".json", ".pos", ".store", ".term",
    ]  # fmt: skip
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1, "the server may run as another user than the indexer"


def test_reading_writes_nothing(tmp_path: Path) -> None:
    """A published generation is immutable, and may be mounted read-only."""
    TantivyBackend().build(tmp_path, ENTRIES)
    before = {path: path.stat().st_mtime_ns for path in [tmp_path, *tmp_path.iterdir()]}

    index = TantivyBackend().open(tmp_path)

    assert [name for name, _ in index.search("corn", 3)] == ["b"]
    assert {path: path.stat().st_mtime_ns for path in [tmp_path, *tmp_path.iterdir()]} == before


def test_an_open_index_outlives_its_folder(tmp_path: Path) -> None:
    """Old generations are removed while a server may still answer from them."""
    TantivyBackend().build(tmp_path, ENTRIES * 500)
    index = TantivyBackend().open(tmp_path)

    for path in tmp_path.iterdir():
        path.unlink()

    assert [name for name, _ in index.search("corn", 2)] == ["b", "b"]


@pytest.mark.parametrize("name", ["meta.json", ".idx", ".store"])
def test_a_missing_file_is_damage(tmp_path: Path, name: str) -> None:
    """Tantivy's own error is a dump of its insides."""
    TantivyBackend().build(tmp_path, ENTRIES)
    next(path for path in tmp_path.iterdir() if path.name.endswith(name)).unlink()

    with pytest.raises(IndexDamagedError, match="tantivy cannot read it"):
        TantivyBackend().open(tmp_path)


def test_several_segments_answer_like_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory decides how many segments there are, and must not decide the ranking."""
    draw = random.Random(1)  # noqa: S311 - words, not secrets
    words = [f"w{number}" for number in range(3000)]
    entries = [
        (ChunkId(str(number)), " ".join(draw.choices(words, k=60))) for number in range(12000)
    ]
    for name in ("one", "many"):
        (tmp_path / name).mkdir()
    TantivyBackend().build(tmp_path / "one", entries)
    monkeypatch.setattr(tantivy, "_WRITER_BYTES", 15_000_000)
    TantivyBackend().build(tmp_path / "many", entries)
    segments = [
        Index.open(str(tmp_path / name)).searcher().num_segments for name in ("one", "many")
    ]
    assert segments[0] == 1 < segments[1]

    one, many = (TantivyBackend().open(tmp_path / name) for name in ("one", "many"))

    for question in (" ".join(draw.choices(words, k=4)) for _ in range(50)):
        found, expected = many.search(question, 20), one.search(question, 20)
        assert [name for name, _ in found] == [name for name, _ in expected]
        assert [score for _, score in found] == pytest.approx([score for _, score in expected])


def test_many_documents_far_apart_are_found_as_few_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How a search is held to a part of the index is a matter of speed alone."""
    draw = random.Random(4)  # noqa: S311 - words, not secrets
    texts = [" ".join(draw.choices(["salt", "silt", "corn", "fern"], k=6)) for _ in range(900)]
    TantivyBackend().build(tmp_path, [(ChunkId(str(at)), text) for at, text in enumerate(texts)])
    index = TantivyBackend().open(tmp_path)
    among = Selection(np.arange(0, 900, 12, dtype=np.int64))

    in_ranges = index.search("salt fern", 50, among=among)
    monkeypatch.setattr(tantivy, "_MOST_RANGES", 10)
    passed_over = index.search("salt fern", 50, among=among)

    assert in_ranges == passed_over
    assert len(in_ranges) == 50


def test_the_order_of_a_question_s_words_changes_nothing(tmp_path: Path) -> None:
    """The sums are of 32-bit numbers, whose order shows in the last digits."""
    TantivyBackend().build(tmp_path, [*ENTRIES, (ChunkId("c"), "salt corn fern moon lamp")] * 9)
    index = TantivyBackend().open(tmp_path)

    assert index.search("salt fern moon corn", 9) == index.search("corn moon salt fern", 9)
