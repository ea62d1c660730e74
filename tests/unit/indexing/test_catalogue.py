"""Catalogue and texts: what goes in comes out."""

import hashlib
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.datatypes import (
    Chunk,
    ChunkId,
    DocId,
    Document,
    DocumentInfo,
    Mark,
    Metadata,
    PositionMap,
    Span,
)
from briefqa.errors import IndexDamagedError, UnknownDocumentError
from briefqa.indexing.catalogue import CATALOGUE, TEXTS, Catalogue
from briefqa.indexing.catalogue_writer import CatalogueWriter

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
_EXTRA = st.dictionaries(
    _TEXT, st.none() | st.integers() | _TEXT | st.lists(_TEXT, max_size=2), max_size=3
)
_METADATA = st.builds(
    Metadata,
    title=st.none() | _TEXT,
    authors=st.lists(_TEXT, max_size=2).map(tuple),
    published=st.none() | st.just("2025-03"),
    tags=st.lists(_TEXT, max_size=2).map(tuple),
    language=st.none() | st.just("de"),
    source_url=st.none() | _TEXT,
    abstract=st.none() | _TEXT,
    extra=_EXTRA,
)


def _some_of(spans: list[Span]) -> st.SearchStrategy[list[Span]]:
    return st.lists(st.sampled_from(spans), max_size=3).map(sorted)


@st.composite
def _documents(draw: st.DrawFn, doc_id: str = "d") -> tuple[Document, list[Chunk]]:
    """A document and chunks of any spans, overlapping or apart, ascending."""
    text = draw(_TEXT.filter(bool))
    spans = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text)))
    chosen = sorted({Span(a, b) for a, b in draw(st.lists(spans, max_size=4)) if a < b})
    marks = draw(
        st.lists(st.builds(Mark, st.integers(0), st.integers(1), st.integers(0, 1)), min_size=1)
    )
    info = DocumentInfo(
        doc_id=DocId(doc_id),
        source=draw(_TEXT),
        title=draw(_TEXT),
        metadata=draw(_METADATA),
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        file_sha256=draw(_TEXT),
    )
    chunks = [
        Chunk(
            chunk_id=ChunkId(f"{doc_id}#{span.start}-{span.end}"),
            doc_id=DocId(doc_id),
            span=span,
            text=span.of(text),
            heading=tuple(draw(st.lists(_TEXT, max_size=2))),
            prefix=draw(_TEXT),
            sentences=tuple(each for each in draw(_some_of(chosen)) if each.start >= span.start),
        )
        for span in chosen
    ]
    return Document(info, text, PositionMap(tuple(marks))), chunks


def _write(folder: Path, *pairs: tuple[Document, list[Chunk]]) -> None:
    with CatalogueWriter(folder) as writer:
        for document, chunks in pairs:
            writer.add(document, chunks, [chunk.chunk_id.encode() for chunk in chunks])


# An id may hold any character, the one that ends a text in C too.
@given(_documents("a"), _documents("b\0c"))
def test_documents_and_chunks_come_back_equal(
    first: tuple[Document, list[Chunk]], second: tuple[Document, list[Chunk]]
) -> None:
    """A citation quotes what was indexed, code point by code point."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, first, second)
        catalogue = Catalogue(folder)
        ids = [chunk.chunk_id for _, chunks in (first, second) for chunk in chunks]

        assert catalogue.documents() == [first[0].info, second[0].info]
        dates = {info.doc_id: info.metadata.published for info in catalogue.documents()}
        assert catalogue.published(list(dates)) == {i: date for i, date in dates.items() if date}
        assert catalogue.chunk_ids() == ids
        assert catalogue.chunks(reversed(ids)) == [*first[1], *second[1]][::-1]
        assert catalogue.outlines(ids) == [each.outline for each in catalogue.chunks(ids)]
        for document, chunks in (first, second):
            assert catalogue.document(document.info.doc_id) == document
            assert catalogue.chunks_of(document.info.doc_id) == chunks
        assert catalogue.faults() == []
        catalogue.close()


@given(_documents())
def test_outline_says_where_sentences_begin_in_what_was_embedded(
    made: tuple[Document, list[Chunk]],
) -> None:
    """By these places the tokens of a sentence are told from those of the next."""
    document, chunks = made
    for chunk in chunks:
        [first, *others] = chunk.outline.sentence_starts
        assert chunk.embedded_text[first:] == chunk.text
        after = [chunk.embedded_text[start:] for start in others]
        end = chunk.span.end
        assert after == [document.text[each.start : end] for each in chunk.sentences[1:]]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A folder with a catalogue of twenty small documents."""
    pairs = []
    for number in range(20):
        text = f"Document {number}: Öl und Strom."
        info = DocumentInfo(
            DocId(f"d{number:02}"),
            "s",
            "t",
            Metadata(),
            hashlib.sha256(text.encode()).hexdigest(),
            "f",
        )
        span = Span(0, len(text))
        chunk = Chunk(ChunkId(f"c{number:02}"), info.doc_id, span, text, (), "", (span,))
        pairs.append((Document(info, text, PositionMap()), [chunk]))
    _write(tmp_path, *pairs)
    return tmp_path


def test_threads_read_side_by_side(written: Path) -> None:
    """A server answers many questions from one open catalogue."""
    catalogue = Catalogue(written)

    def read(number: int) -> tuple[str, str]:
        name = f"{number % 20:02}"
        chunk = catalogue.chunks([ChunkId(f"c{name}")])[0]
        return chunk.text, catalogue.document(DocId(f"d{name}")).text

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read, range(400)))
    catalogue.close()

    assert found == [(f"Document {n % 20}: Öl und Strom.",) * 2 for n in range(400)]


def test_unknown_ids_are_errors_of_their_kind(written: Path) -> None:
    """People ask for documents; only a store that disagrees asks for an unknown chunk."""
    catalogue = Catalogue(written)

    with pytest.raises(UnknownDocumentError, match="nowhere"):
        catalogue.document(DocId("nowhere"))
    with pytest.raises(IndexDamagedError, match="no chunk 'c99'"):
        catalogue.chunks([ChunkId("c99")])
    catalogue.close()


def test_text_that_changed_after_opening_is_not_shown(written: Path) -> None:
    """A disk can fail while a server runs; a receipt must not rest on what it returns then."""
    catalogue = Catalogue(written)
    path = written / TEXTS
    path.write_bytes(path.read_bytes().replace(b"Document 7", b"Document 8"))

    with pytest.raises(IndexDamagedError, match="d07"):
        catalogue.document(DocId("d07"))
    catalogue.close()


def test_file_that_is_no_database_is_damage(written: Path) -> None:
    """SQLite's own error would name no file and give no advice."""
    (written / CATALOGUE).write_bytes(b"junk" * 1000)
    catalogue = Catalogue(written)

    with pytest.raises(IndexDamagedError, match=CATALOGUE):
        catalogue.documents()
    catalogue.close()


def test_reading_after_closing_is_a_mistake_not_damage(written: Path) -> None:
    """A user must not be told to rebuild an index for a bug of ours."""
    catalogue = Catalogue(written)
    catalogue.close()

    with pytest.raises(apsw.ConnectionClosedError):
        catalogue.documents()


def test_same_documents_give_the_same_bytes(tmp_path: Path, written: Path) -> None:
    """Equal content must be equal on disk where that is in our hands."""
    catalogue = Catalogue(written)
    pairs = [
        (catalogue.document(info.doc_id), catalogue.chunks_of(info.doc_id))
        for info in catalogue.documents()
    ]
    catalogue.close()
    again = tmp_path / "again"
    again.mkdir()

    _write(again, *pairs)

    for name in (CATALOGUE, TEXTS):
        assert (again / name).read_bytes() == (written / name).read_bytes()
