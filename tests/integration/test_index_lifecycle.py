"""An index from its first sync to its last: what is written comes back."""

import json
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.corpus import Corpus, fill

from briefqa.chunking import ChunkingOptions, chunk_document
from briefqa.datatypes import Chunk, DocId, Document
from briefqa.documents import find_files, read_file
from briefqa.errors import DocumentError, IndexLockedError
from briefqa.indexing.checks import check_contents

_OPTIONS = ChunkingOptions(size=24, prefix=8)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Three files, four documents, more chunks, and no index yet."""
    folder = tmp_path / "briefs"
    folder.mkdir()
    return fill(Corpus(folder, tmp_path / "index"))


def _read(corpus: Corpus) -> dict[DocId, tuple[Document, list[Chunk]]]:
    """Read and cut the folder without an index."""
    found: dict[DocId, tuple[Document, list[Chunk]]] = {}
    for file in find_files(corpus.folder):
        for document in read_file(file):
            if not isinstance(document, DocumentError):
                chunks = chunk_document(document, corpus.embedder.tokens, _OPTIONS)
                found.setdefault(document.info.doc_id, (document, chunks))
    return found


_HOSTILE = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
_RECORD = st.fixed_dictionaries(
    {"_id": st.sampled_from(["a", "b", "c", "é#1", "\0"]), "text": _HOSTILE},
    optional={"title": _HOSTILE, "authors": st.lists(_HOSTILE, max_size=2), "other": _HOSTILE},
)


@settings(max_examples=20)
@given(st.lists(st.lists(_RECORD, max_size=4), min_size=1, max_size=3))
def test_index_holds_exactly_what_reading_and_cutting_give(folders: list[list[Any]]) -> None:
    """Whatever the words, and whatever was there before, nothing is lost, added or bent."""
    with tempfile.TemporaryDirectory() as name:
        corpus = Corpus(Path(name) / "briefs", Path(name) / "index")
        for records in folders:
            corpus.write("r.jsonl", "".join(f"{json.dumps(record)}\n" for record in records))
            corpus.sync(chunking=_OPTIONS, allow_empty=True)
            expected = _read(corpus)

            with corpus.open() as generation:
                assert {info.doc_id for info in generation.documents()} == expected.keys()
                for doc_id, (document, chunks) in expected.items():
                    assert generation.document(doc_id) == replace(document, blocks=())
                    assert generation.chunks_of(doc_id) == chunks
            assert check_contents(corpus.index, stores=corpus.stores, words=corpus.words) == []


def test_word_index_and_vectors_follow_every_change(corpus: Corpus) -> None:
    """A deleted document is gone from every answer, and a new one is found at once."""
    corpus.sync()
    (corpus.folder / "chips.md").unlink()
    corpus.write("wind.md", "# Wind\n\nTurbines stand in the north.\n")
    corpus.sync()

    with corpus.open() as generation:
        wanted = generation.words.search("turbines", 5)
        (nearest,) = generation.vectors.search(corpus.embedder.embed_queries(["Turbines"]), 50)
        everything = generation.words.search("germany dresden chips turbines grid water", 50)

        assert [chunk.doc_id for chunk in generation.chunks(i for i, _ in wanted)] == ["wind.md"]
        assert generation.chunks([nearest[0][0]])[0].doc_id == "wind.md"
        for hits in (nearest, everything):
            documents = {chunk.doc_id for chunk in generation.chunks(i for i, _ in hits)}
            assert "chips.md" not in documents


def test_readers_see_only_whole_generations_while_a_writer_publishes(corpus: Corpus) -> None:
    """A server opens the index at any moment, also in the middle of a publication."""
    corpus.sync()
    over = threading.Event()
    seen: list[tuple[str | None, bool]] = []

    def read() -> None:
        while not over.is_set():
            with corpus.open() as generation:
                ids = generation.catalogue.chunk_ids()
                whole = len(generation.chunks(ids)) == len(generation.words) == len(ids)
                seen.append((generation.degraded, whole))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(8):
        corpus.write("later.txt", f"Version {number}.\n")
        corpus.sync()
    over.set()
    reader.join()

    assert set(seen) == {(None, True)}


def test_second_writer_is_turned_away_while_the_first_works(corpus: Corpus) -> None:
    """Two writers would publish over each other."""
    other = Corpus(corpus.folder, corpus.index)
    embed = corpus.embedder.embed_documents
    refused: list[IndexLockedError] = []

    def intrude(texts: list[str]) -> object:
        with pytest.raises(IndexLockedError) as caught:
            other.sync()
        refused.append(caught.value)
        return embed(texts)

    corpus.embedder.embed_documents = intrude  # type: ignore[method-assign,assignment] # a hook

    assert corpus.sync().published
    assert len(refused) == 1
    assert not other.sync().published
