"""Which files are read, which are kept, and what is said of those that fail."""

import itertools
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.corpus import Corpus

from briefqa.chunking import ChunkingOptions
from briefqa.datatypes import DocId
from briefqa.documents import SourceFile, find_files, read_file
from briefqa.indexing import Generation
from briefqa.indexing.gathering import Gathered, Reading, Scope, changed_files, gather
from briefqa.indexing.manifest import Fingerprint
from briefqa.indexing.staging import Staging
from briefqa.protocols import Progress

_COUNT = itertools.count()
_OPTIONS = ChunkingOptions(size=24, prefix=8)


@dataclass
class _Found:
    """What was gathered, and the texts of what was read."""

    gathered: Gathered
    documents: dict[DocId, Fingerprint]
    fresh: dict[DocId, str]


def _gather(
    corpus: Corpus, base: Generation | None = None, files: list[SourceFile] | None = None
) -> Gathered:
    return _look(corpus, base, files).gathered


def _look(
    corpus: Corpus, base: Generation | None = None, files: list[SourceFile] | None = None
) -> _Found:
    found = find_files(corpus.folder) if files is None else files
    with Staging(corpus.index / "staging" / str(next(_COUNT)), "m") as staging:
        changed = None
        if base is not None:
            staging.fingerprints.add_before(base.catalogue.fingerprints())
            changed = changed_files(found, base, corpus.progress.append)
        gathered = gather(
            Scope(found, changed),
            base,
            staging,
            Reading(read_file, corpus.embedder.tokens, _OPTIONS),
            on_progress=corpus.progress.append,
        )
        documents = {each.doc_id: each for each in gathered.fingerprints}
        fresh = [doc_id for doc_id, is_read in gathered.fingerprints.origins() if is_read]
        texts = {d: staging.catalogue.document(d).text for d in fresh}
        return _Found(gathered, documents, texts)


def test_order_of_files_does_not_matter(corpus: Corpus) -> None:
    """Also which of two documents with one id stays."""
    corpus.write_records("a.jsonl", ("n1", "Another text."))
    files = find_files(corpus.folder)

    forward, backward = _look(corpus, files=files), _look(corpus, files=files[::-1])

    assert forward.documents == backward.documents
    assert forward.documents[DocId("n1")].source == "a.jsonl"
    failed = [[str(error) for error in each.gathered.failed] for each in (forward, backward)]
    assert failed[0] == failed[1]


def test_of_two_documents_with_one_id_the_first_stays(empty: Corpus) -> None:
    """An id must name one text; which one is told, not left to chance."""
    empty.write_records("b.jsonl", ("x", "One."), ("x", "Two."), ("a.txt", "Three."))
    empty.write("a.txt", "The file.\n")

    found = _look(empty)

    assert {doc_id: text.strip() for doc_id, text in found.fresh.items()} == {
        "a.txt": "The file.",
        "x": "One.",
    }
    failed = found.gathered.failed
    assert [(e.source, e.reason) for e in failed] == [("b.jsonl", "duplicate_id")] * 2
    assert "which a.txt has already" in str(failed[1])


def test_unchanged_files_are_not_read_again(corpus: Corpus) -> None:
    """A large folder is indexed again in the time it takes to hash it."""
    corpus.sync()
    corpus.write("grid/power.txt", "The grid is new.\n")

    with corpus.open() as base:
        found = _look(corpus, base)

    assert set(found.fresh) == {"grid/power.txt"}
    assert set(found.documents) == {"chips.md", "grid/power.txt", "n1", "n2"}


def test_file_with_a_failure_is_read_again_and_fails_again(empty: Corpus) -> None:
    """What is wrong must be said on each run, not only on the first."""
    empty.write("notes.jsonl", '{"_id": "n1", "text": "Good."}\n{"_id": "n2"}\n')
    empty.sync()

    with empty.open() as base:
        found = _look(empty, base)

    assert set(found.fresh) == {"n1"}
    assert [error.source for error in found.gathered.failed] == ["notes.jsonl:2"]


def test_document_that_lost_its_id_to_another_comes_back(empty: Corpus) -> None:
    """Once the first is gone, the second is the document of that id."""
    first = empty.write_records("a.jsonl", ("x", "One."))
    empty.write_records("b.jsonl", ("x", "Two."), ("y", "Three."))
    empty.sync()
    first.unlink()

    with empty.open() as base:
        found = _look(empty, base)

    assert found.documents[DocId("x")].source == "b.jsonl"
    assert found.gathered.failed == []


def test_kept_document_gives_way_to_one_that_now_comes_first(empty: Corpus) -> None:
    """The result must not depend on what was indexed before."""
    empty.write_records("b.jsonl", ("x", "Two."), ("y", "Three."))
    empty.sync()
    empty.write_records("a.jsonl", ("x", "One."))

    with empty.open() as base:
        again, fresh = _look(empty, base), _look(empty)

    assert again.documents == fresh.documents
    assert again.gathered.files == fresh.gathered.files
    assert [error.reason for error in again.gathered.failed] == ["duplicate_id"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such file names")
def test_file_name_that_is_no_text_can_be_indexed(empty: Corpus) -> None:
    """Linux allows any bytes in a name; neither SQLite nor JSON does."""
    path = Path(os.fsdecode(os.fsencode(empty.folder) + b"/caf\xe9.txt"))
    path.write_text("Coffee.\n", encoding="utf-8")

    (doc_id,) = empty.sync().added

    with empty.open() as generation:
        assert generation.document(doc_id).text.strip() == "Coffee."
    assert not empty.sync().published


def test_progress_counts_every_file(corpus: Corpus) -> None:
    """A bar must reach its end, also where files are kept or fail."""
    corpus.sync()
    corpus.progress.clear()
    corpus.write("bad.bin", "?")

    with corpus.open() as generation:
        _gather(corpus, generation)

    stages = ("looking", "reading")
    assert corpus.progress == [Progress(each, done, 4) for each in stages for done in range(5)]
