"""The catalogue of a generation: documents and chunks in SQLite, canonical texts beside it."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from briefqa.datatypes import (
    Chunk,
    ChunkId,
    Condition,
    DocId,
    Document,
    DocumentInfo,
    Mark,
    Outline,
    PositionMap,
    PositionUnit,
)
from briefqa.errors import IndexDamagedError, UnknownDocumentError
from briefqa.indexing.blocks import CheckedFiles
from briefqa.indexing.catalogue_rows import CHUNK, INFO, OUTLINE, chunk_of, info_of, outlines_of
from briefqa.indexing.database import Database
from briefqa.indexing.fields import FIELDS_SCHEMA, all_hold, field_rows
from briefqa.indexing.listing import Listing
from briefqa.indexing.manifest import Fingerprint, canonical_json
from briefqa.indexing.numbering import CatalogueNumbers
from briefqa.indexing.recent import Recent
from briefqa.indexing.selecting import Selector, StatedFacts
from briefqa.indexing.superseding import Misreference
from briefqa.protocols import ReadFiles

CATALOGUE = "catalogue.sqlite"
TEXTS = "texts.bin"

_DOCUMENTS_KEPT = 32
# Some 3 kB each, and 0.5 kB.
_CHUNKS_KEPT = 2048
_OUTLINES_KEPT = 8192

# Documents are numbered in the order in which they are added, and so are their chunks.
# A document's chunks stand in a row: `chunks` of them from position `first_chunk`.
# text_start and text_bytes say where in texts.bin a text lies: the UTF-8 of a
# chunk can be read without that of its document.
SCHEMA = f"""
{FIELDS_SCHEMA}
CREATE TABLE files (source TEXT PRIMARY KEY, file_sha256 TEXT NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE documents (
    doc_id TEXT PRIMARY KEY, source TEXT NOT NULL, title TEXT NOT NULL, metadata TEXT NOT NULL,
    metadata_sha256 TEXT NOT NULL, text_sha256 TEXT NOT NULL, file_sha256 TEXT NOT NULL,
    notices TEXT NOT NULL, position_unit TEXT NOT NULL, position_marks TEXT NOT NULL,
    first_chunk INTEGER NOT NULL, chunks INTEGER NOT NULL,
    text_start INTEGER NOT NULL, text_bytes INTEGER NOT NULL, number INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX documents_by_number ON documents (number, chunks);
CREATE TABLE chunks (
    position INTEGER PRIMARY KEY, chunk_id TEXT NOT NULL UNIQUE, doc_id TEXT NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, heading TEXT NOT NULL, prefix TEXT NOT NULL,
    sentences TEXT NOT NULL, embedding_key BLOB NOT NULL,
    text_start INTEGER NOT NULL, text_bytes INTEGER NOT NULL
) STRICT;
"""
_KEYS = (
    "SELECT documents.doc_id, {chunk}, embedding_key FROM documents, chunks"
    " WHERE position BETWEEN first_chunk AND first_chunk + documents.chunks - 1"
    " ORDER BY documents.doc_id, position"
)

_Record = TypeVar("_Record")


def fingerprint_of(info: DocumentInfo) -> Fingerprint:
    """Return what tells this state of a document from another."""
    known = canonical_json([info.title, asdict(info.metadata)])
    return Fingerprint(
        doc_id=info.doc_id,
        source=info.source,
        file_sha256=info.file_sha256,
        text_sha256=info.text_sha256,
        metadata_sha256=hashlib.sha256(known.encode()).hexdigest(),
    )


class Catalogue:
    """Reads the catalogue and the texts of a generation; safe to use from several threads."""

    def __init__(self, folder: Path, files: ReadFiles | None = None) -> None:
        """Open the files in ``folder``, which are read through ``files``.

        Raises:
            IndexDamagedError: If one of them cannot be read.
        """
        self.folder = folder
        self._path = folder / CATALOGUE
        self._texts_path = folder / TEXTS
        self._files = files or CheckedFiles(folder, {})
        self._files.size(self._texts_path)
        self._database = Database(self._path, self._files)
        self._chunks_read = Recent[ChunkId, Chunk](_CHUNKS_KEPT)
        self._outlines_read = Recent[ChunkId, Outline](_OUTLINES_KEPT)
        self._documents_read = Recent[DocId, Document](_DOCUMENTS_KEPT)
        self._selector = Selector(StatedFacts(self._database.rows))
        self._numbers: CatalogueNumbers | None = None

    def close(self) -> None:
        """Close the files; the catalogue is of no use afterwards."""
        self._database.close()

    def documents(self) -> list[DocumentInfo]:
        """Return every document, sorted by ``doc_id``."""
        return list(self.documents_matching(()))

    def documents_matching(self, conditions: Sequence[Condition]) -> Listing:
        """Return the documents that satisfy all ``conditions``, sorted by ``doc_id``.

        Each must be one that `check_condition` returned.
        """
        where, values = all_hold(conditions)
        count = f"SELECT count(*) FROM documents WHERE {where}"  # noqa: S608 - ours
        part = f"{INFO} WHERE {where} ORDER BY doc_id LIMIT ? OFFSET ?"
        return Listing(
            lambda: int(self._database.rows(count, *values)[0][0]),
            lambda first, most: map(info_of, self._database.stream(part, *values, most, first)),
        )

    @property
    def selector(self) -> Selector:
        """Selects the documents and chunks that a search is held to."""
        return self._selector

    def document(self, doc_id: DocId) -> Document:
        """Return one document with its text; the last few are kept at hand.

        Raises:
            UnknownDocumentError: If there is none of that id.
            IndexDamagedError: If the text is not the one that was stored.
        """
        return self._documents_read.one(doc_id, self._document)

    def _document(self, doc_id: DocId) -> Document:
        rows = self._database.rows(f"{INFO} WHERE doc_id = ?", doc_id)
        if not rows:
            raise UnknownDocumentError(doc_id)
        info = info_of(rows[0])
        unit, marks, start, size = rows[0][-4:]
        [data] = self._bytes_at([(start, size)])
        if hashlib.sha256(data).hexdigest() != info.text_sha256:
            raise IndexDamagedError(self._texts_path, f"the text of {doc_id!r} has changed")
        position_map = PositionMap(
            tuple(Mark(*mark) for mark in json.loads(marks)), PositionUnit(unit)
        )
        return Document(info, data.decode(), position_map)

    def published(self, ids: Sequence[DocId]) -> dict[DocId, str]:
        """Return the dates, as the documents state them, of those of ``ids`` that have one."""
        rows = self._database.rows_of(
            "SELECT doc_id, json_extract(metadata, '$.published') FROM documents WHERE doc_id", ids
        )
        return {doc_id: date for doc_id, date in rows if date is not None}

    def chunks(self, ids: Iterable[ChunkId]) -> list[Chunk]:
        """Return the chunks of ``ids``, in that order.

        Raises:
            IndexDamagedError: If there is none of such an id.
        """
        return self._found(self._chunks_read, ids, self._read_chunks)

    def outlines(self, ids: Iterable[ChunkId]) -> list[Outline]:
        """Return what ranks the chunks of ``ids``, in that order, without reading their texts.

        Raises:
            IndexDamagedError: If there is none of such an id.
        """
        return self._found(self._outlines_read, ids, self._read_outlines)

    def chunks_of(self, doc_id: DocId) -> list[Chunk]:
        """Return the chunks of a document, in reading order."""
        rows = self._database.rows(
            f"{CHUNK}, documents WHERE documents.doc_id = ?"
            " AND position BETWEEN first_chunk AND first_chunk + documents.chunks - 1"
            " ORDER BY position",
            doc_id,
        )
        return self._chunks(rows)

    def chunk_ids(self) -> list[ChunkId]:
        """Return the ids of all chunks, in the order in which vectors were added."""
        # Not ordered by SQL: the index on chunk_id alone answers this, a tenth of the pages.
        rows = self._database.rows("SELECT position, chunk_id FROM chunks")
        return [chunk_id for _, chunk_id in sorted(rows)]

    def numbers(self) -> CatalogueNumbers:
        """Return what leads from the number of a chunk to its id, and back."""
        # One for all who ask, so that each is looked up once.
        if self._numbers is None:
            [(last,)] = self._database.rows("SELECT max(position) FROM chunks")
            count = 0 if last is None else last + 1
            self._numbers = CatalogueNumbers(self._database.rows_of, count)
        return self._numbers

    def fingerprints(self) -> Iterator[Fingerprint]:
        """Yield the state of every document, sorted by ``doc_id``."""
        rows = self._database.stream(
            "SELECT doc_id, source, file_sha256, text_sha256, metadata_sha256"
            " FROM documents ORDER BY doc_id"
        )
        return (Fingerprint(*row) for row in rows)

    def files(self) -> dict[str, str]:
        """Return source and SHA-256 of the files of which every document is here."""
        return dict(self._database.rows("SELECT source, file_sha256 FROM files"))

    def embedding_keys(self) -> Iterator[tuple[DocId, ChunkId, bytes]]:
        """Yield document, id and embedding key of every chunk, by document and in its order."""
        return self._database.stream(_KEYS.format(chunk="chunk_id"))

    def numbered_keys(self) -> Iterator[tuple[DocId, int, bytes]]:
        """Yield the same with the number of each chunk in place of its id."""
        return self._database.stream(_KEYS.format(chunk="position"))

    def has_fields(self, info: DocumentInfo) -> bool:
        """Tell whether conditions are held against what is known of the document."""
        found = self._database.rows(
            "SELECT field, text, document, fields.number, date FROM documents"
            " JOIN fields ON document = documents.number WHERE doc_id = ? ORDER BY field, text",
            info.doc_id,
        )
        [(number,)] = self._database.rows(
            "SELECT number FROM documents WHERE doc_id = ?", info.doc_id
        )
        return found == field_rows(info, number)

    def faults(self) -> list[str]:
        """Return what SQLite itself finds wrong with the file."""
        return [text for (text,) in self._database.rows("PRAGMA integrity_check") if text != "ok"]

    def _bytes_at(self, places: Iterable[tuple[int, int]]) -> list[bytearray]:
        """Return the texts that begin there and are that long, in bytes."""
        wanted = list(places)
        found = [bytearray(size) for _, size in wanted]
        self._files.read(
            self._texts_path,
            ((start, memoryview(data)) for (start, _), data in zip(wanted, found, strict=True)),
        )
        return found

    def _found(
        self,
        recent: Recent[ChunkId, _Record],
        ids: Iterable[ChunkId],
        read: Callable[[Sequence[ChunkId]], Mapping[ChunkId, _Record]],
    ) -> list[_Record]:
        try:
            return recent.of(list(ids), read)
        except KeyError as error:
            raise IndexDamagedError(self._path, f"holds no chunk {error.args[0]!r}") from error

    def _read_chunks(self, ids: Sequence[ChunkId]) -> dict[ChunkId, Chunk]:
        chunks = self._chunks(self._database.rows_of(f"{CHUNK} WHERE chunk_id", ids))
        return {chunk.chunk_id: chunk for chunk in chunks}

    def _chunks(self, rows: Sequence[Sequence[Any]]) -> list[Chunk]:
        texts = self._bytes_at((row[-2], row[-1]) for row in rows)
        return [chunk_of(row, text) for row, text in zip(rows, texts, strict=True)]

    def _read_outlines(self, ids: Sequence[ChunkId]) -> dict[ChunkId, Outline]:
        rows = self._database.rows_of(f"{OUTLINE} WHERE chunk_id", ids)
        return {each.chunk_id: each for each in outlines_of(rows)}


def misreferences_of(folder: Path) -> tuple[Misreference, ...]:
    """Return what is wrong with what the documents of a generation say of each other's place.

    Raises:
        IndexDamagedError: If the catalogue in ``folder`` cannot be read.
    """
    catalogue = Catalogue(folder)
    try:
        return catalogue.selector.superseding.misreferences
    finally:
        catalogue.close()
