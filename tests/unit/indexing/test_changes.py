"""Single documents come and go without a look at the rest."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.corpus import Corpus, RecordingEmbedder

from briefqa.datatypes import DocId, Document
from briefqa.documents import SourceFile, read_file
from briefqa.errors import (
    BriefqaError,
    DocumentError,
    DocumentOwnedError,
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    UnknownDocumentError,
)
from briefqa.indexing.changes import put_document, remove_document
from briefqa.indexing.rewriting import SyncReport


def _remove(corpus: Corpus, doc_id: str) -> SyncReport:
    return remove_document(DocId(doc_id), corpus.index, backends=corpus.backends)


def _put(corpus: Corpus, doc_id: str, data: bytes) -> SyncReport:
    return put_document(DocId(doc_id), data, corpus.index, backends=corpus.backends, read=read_file)


def _ids(corpus: Corpus) -> list[str]:
    with corpus.open() as generation:
        return [info.doc_id for info in generation.documents()]


def _uploads(corpus: Corpus) -> list[bytes]:
    return [path.read_bytes() for path in (corpus.index / "uploads").glob("*")]


@pytest.mark.parametrize("doc_id", ["chips.md", "n1"])
def test_removed_document_stays_out_until_it_is_restored(corpus: Corpus, doc_id: str) -> None:
    """Its file is still there, and a sync would bring it back."""
    before = _ids_after_first_sync(corpus)
    corpus.embedder.seen.clear()

    report = _remove(corpus, doc_id)
    again = corpus.sync()

    assert (report.removed, report.unchanged) == ((doc_id,), 3)
    assert (again.published, again.excluded) == (False, 1)
    assert _ids(corpus) == [each for each in before if each != doc_id]
    restored = corpus.sync(restored=[doc_id])
    assert (restored.added, restored.excluded) == ((doc_id,), 0)
    assert _ids(corpus) == before
    assert corpus.embedder.seen == []


def _ids_after_first_sync(corpus: Corpus) -> list[str]:
    corpus.sync()
    return _ids(corpus)


def test_index_after_a_removal_equals_one_made_without_the_file(
    corpus: Corpus, tmp_path: Path
) -> None:
    """Nothing but the remaining documents decides what the index is."""
    corpus.sync()
    removed = _remove(corpus, "chips.md")
    fresh = Corpus(corpus.folder, tmp_path / "fresh")
    (corpus.folder / "chips.md").unlink()

    assert fresh.sync().generation == removed.generation


def test_removal_needs_neither_files_nor_model(corpus: Corpus) -> None:
    """What must go has to go, also when the share with the files is away."""
    corpus.sync()
    corpus.embedder.seen.clear()
    corpus.folder.rename(corpus.folder.with_name("away"))

    _remove(corpus, "grid/power.txt")

    assert _ids(corpus) == ["chips.md", "n1", "n2"]
    assert corpus.embedder.seen == []


def test_the_last_document_can_be_removed(empty: Corpus) -> None:
    """An index of nothing is an index."""
    empty.write("a.txt", "Only this.\n")
    empty.sync()

    _remove(empty, "a.txt")

    assert _ids(empty) == []


@pytest.mark.parametrize("doc_id", ["chips", "notes.jsonl", ""])
def test_unknown_document_cannot_be_removed(corpus: Corpus, doc_id: str) -> None:
    """A slip of the pen must not look like success."""
    corpus.sync()

    with pytest.raises(UnknownDocumentError):
        _remove(corpus, doc_id)


def test_document_sent_is_found_replaced_and_removed(corpus: Corpus) -> None:
    """The life of an upload; only its own text is ever embedded."""
    corpus.sync()
    corpus.embedder.seen.clear()

    added = _put(corpus, "sent/wind.md", b"# Wind\n\nWind is cheap.\n")
    changed = _put(corpus, "sent/wind.md", b"# Wind\n\nWind is dear.\n")

    assert (added.added, changed.changed) == (("sent/wind.md",), ("sent/wind.md",))
    assert len(corpus.embedder.seen) == added.embedded + changed.embedded == 2
    with corpus.open() as generation:
        assert "dear" in generation.document(DocId("sent/wind.md")).text
        path = generation.sources.path_of("sent/wind.md", corpus.index)
        assert path is not None
        assert b"dear" in path.read_bytes()
    assert _uploads(corpus) == [b"# Wind\n\nWind is dear.\n"]
    assert not corpus.sync().published
    removed = _remove(corpus, "sent/wind.md")
    assert removed.removed == ("sent/wind.md",)
    assert _uploads(corpus) == []
    assert "sent/wind.md" not in _ids(corpus)


def test_a_document_that_is_sent_again_unchanged_is_not_read_again(corpus: Corpus) -> None:
    """Recognising the text of a scan can take minutes."""
    corpus.sync()
    data = b"# Wind\n\nWind is cheap.\n"
    _put(corpus, "sent/wind.md", data)

    def refuse(file: SourceFile) -> Iterator[Document | DocumentError]:
        pytest.fail(f"{file.source} is read")

    again = put_document(
        DocId("sent/wind.md"), data, corpus.index, backends=corpus.backends, read=refuse
    )

    assert (again.changed, again.published) == ((), False)
    assert _uploads(corpus) == [data]
    assert "sent/wind.md" in _ids(corpus)


def test_what_cannot_be_read_leaves_no_trace(corpus: Corpus) -> None:
    """A bad upload is the sender's problem alone."""
    corpus.sync()
    before = (corpus.index / "CURRENT").read_bytes()

    for name, data in (
        ("a.md", b" "),
        ("b.jsonl", b'{"text": "x"}\n{"text": "y"}'),
        ("c.jsonl", b"{"),
    ):
        with pytest.raises(DocumentError, match=name):
            _put(corpus, name, data)

    assert (corpus.index / "CURRENT").read_bytes() == before
    assert _uploads(corpus) == []


def test_document_of_a_folder_is_not_overwritten(corpus: Corpus) -> None:
    """Two truths under one id would be a matter of chance."""
    corpus.sync()

    with pytest.raises(DocumentOwnedError, match=r"chips\.md"):
        _put(corpus, "chips.md", b"Other words.")


def test_another_model_is_refused(corpus: Corpus) -> None:
    """One vector of another kind would compare with nothing."""
    corpus.sync()
    corpus.embedder = RecordingEmbedder(dim=16)

    with pytest.raises(IndexMismatchError):
        _put(corpus, "sent.md", b"Words.")


@pytest.mark.parametrize(
    "change", [lambda c: _remove(c, "n1"), lambda c: _put(c, "x.md", b"Words.")]
)
def test_without_a_whole_index_nothing_is_changed(
    corpus: Corpus, change: Callable[[Corpus], SyncReport]
) -> None:
    """A change on top of an older generation would lose what came after it."""
    with pytest.raises(IndexMissingError):
        change(corpus)
    corpus.sync()
    corpus.write("later.txt", "This came later.\n")
    report = corpus.sync()
    (corpus.index / "generations" / report.generation / "texts.bin").write_bytes(b"junk")

    with pytest.raises(BriefqaError) as caught:
        change(corpus)

    assert isinstance(caught.value, IndexDamagedError)
