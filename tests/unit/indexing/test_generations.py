"""Opening an index: nothing damaged is ever parsed, and a good one serves."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.corpus import Corpus

from briefqa.datatypes import DocId, IndexInfo
from briefqa.errors import IndexDamagedError, IndexFormatError, IndexMissingError
from briefqa.indexing import read_current
from briefqa.indexing.current import Current, replace_current
from briefqa.indexing.sources import Root


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


_DAMAGE: dict[str, Callable[[Path], None]] = {
    "flip": _flip,
    "truncate": _truncate,
    "grow": _grow,
    "remove": Path.unlink,
}


def _published(corpus: Corpus) -> tuple[str, str]:
    """Publish twice; return the ids of the generation before and of the one that serves."""
    first = corpus.sync().generation
    corpus.write("later.txt", "This came later.\n")
    second = corpus.sync().generation
    assert first != second
    return first, second


def _files(corpus: Corpus, generation: str) -> list[str]:
    """Name all files of a generation but for what opening it may have added."""
    folder = corpus.index / "generations" / generation
    found = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
    return sorted(path.relative_to(folder).as_posix() for path in found)


@pytest.mark.parametrize("damage", _DAMAGE)
def test_damage_to_any_file_is_found_before_it_is_parsed(corpus: Corpus, damage: str) -> None:
    """FAISS loads most damaged files without an error: wrong answers, and no sign of it."""
    first, second = _published(corpus)
    names = _files(corpus, second)
    assert {"manifest.json", "catalogue.sqlite", "texts.bin", "vectors/rows.bin"} < set(names)
    for folder in ("lexical/", "tokens/"):
        assert any(name.startswith(folder) for name in names)

    for name in names:
        path = corpus.index / "generations" / second / name
        before = path.read_bytes()
        if not before and damage in {"flip", "truncate"}:
            continue
        _DAMAGE[damage](path)
        corpus.stores.parsed.clear()
        corpus.words.opened.clear()

        with corpus.open() as generation:
            assert generation.info.generation == first, name
            assert generation.degraded is not None
            assert name in generation.degraded
            assert second in generation.degraded
            assert "later.txt" not in {info.doc_id for info in generation.documents()}
        assert len(corpus.stores.parsed) == 1
        assert corpus.words.opened == [corpus.index / "generations" / first / "lexical"]
        path.write_bytes(before)

    with corpus.open() as generation:
        assert (generation.info.generation, generation.degraded) == (second, None)


def test_when_no_generation_is_whole_the_newest_damage_is_told(corpus: Corpus) -> None:
    """One clear line about the file to look at, and what to do."""
    first, second = _published(corpus)
    for name in (first, second):
        _flip(corpus.index / "generations" / name / "texts.bin")

    with pytest.raises(IndexDamagedError, match=f"{second}.*texts.bin.*run `briefqa index`"):
        corpus.open()


def test_first_generation_has_no_other_to_fall_back_on(corpus: Corpus) -> None:
    """Damage without a way out is an error, never an empty answer."""
    generation = corpus.sync().generation
    _flip(corpus.index / "generations" / generation / "vectors" / "rows.bin")

    with pytest.raises(IndexDamagedError, match=r"vectors/rows\.bin"):
        corpus.open()


def test_missing_generation_lets_the_one_before_serve(corpus: Corpus) -> None:
    """A folder lost as a whole is damage like any other."""
    first, second = _published(corpus)
    (corpus.index / "generations" / second).rename(corpus.index / "elsewhere")

    with corpus.open() as generation:
        assert generation.info.generation == first
        assert generation.degraded


def test_no_index_and_another_format_are_told_apart(corpus: Corpus) -> None:
    """The advice differs: build one, or build it anew."""
    with pytest.raises(IndexMissingError):
        corpus.open()
    corpus.sync()
    path = corpus.index / "CURRENT"
    path.write_text(path.read_text().replace('"format": 4', '"format": 5'))

    with pytest.raises(IndexFormatError):
        corpus.open()


def test_files_that_the_manifest_does_not_name_do_no_harm(corpus: Corpus) -> None:
    """Opening a word index may leave lock files."""
    generation = corpus.sync().generation
    (corpus.index / "generations" / generation / "lexical" / "other.lock").touch()

    with corpus.open() as opened:
        assert opened.degraded is None


def test_reader_overtaken_by_a_writer_opens_what_serves_now(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two publications after CURRENT was read, its generation is gone: that is no damage."""
    _, second = _published(corpus)
    now = read_current(corpus.index)
    gone = Current(
        type(now.serving)("0" * 20, now.serving.manifest_sha256), now.previous, now.sources
    )
    replace_current(corpus.index, gone)
    reads = iter([gone, now])
    monkeypatch.setattr("briefqa.indexing.generations.read_current", lambda _: next(reads))

    with corpus.open() as generation:
        assert (generation.info.generation, generation.degraded) == (second, None)


def test_open_generation_outlives_its_removal(corpus: Corpus) -> None:
    """A server keeps answering from what it opened while newer ones are published."""
    corpus.sync()
    with corpus.open() as generation:
        for number in range(3):
            corpus.write("later.txt", f"Version {number}.\n")
            corpus.sync()
        assert generation.info.generation not in corpus.generations()

        ids = generation.catalogue.chunk_ids()
        assert len(generation.chunks(ids)) == len(ids)
        assert "太陽" in generation.document(DocId("grid/power.txt")).text


def test_generation_says_what_it_is(corpus: Corpus) -> None:
    """Every result names the index that it came from."""
    report = corpus.sync()

    with corpus.open() as generation:
        assert generation.info == IndexInfo(report.generation, 4, report.chunks)
        assert generation.manifest.model_id == corpus.embedder.model_id
        assert generation.sources.roots == (Root("", corpus.folder.resolve()),)
        assert len(generation.vectors) == len(generation.words) == report.chunks
        assert [info.doc_id for info in generation.documents()] == [
            "chips.md",
            "grid/power.txt",
            "n1",
            "n2",
        ]
