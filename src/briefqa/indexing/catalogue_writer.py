"""Writes the catalogue of a generation: documents and chunks, and the texts beside it."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from briefqa.datatypes import Chunk, ChunkId, DocId, Document, embedded_text
from briefqa.errors import IndexDamagedError
from briefqa.indexing.catalogue import CATALOGUE, SCHEMA, TEXTS, fingerprint_of
from briefqa.indexing.database import reading_uri
from briefqa.indexing.fields import field_rows
from briefqa.protocols import KeptWords, ReadFiles

_MOST_PENDING = 1000

# What is taken over: the number a document had and has, and how far its chunks and text move.
_TAKEN = """
CREATE TEMP TABLE taken (
    old INTEGER PRIMARY KEY, new INTEGER NOT NULL, chunks INTEGER NOT NULL, bytes INTEGER NOT NULL
) STRICT
"""
_TAKE_DOCUMENTS = """
INSERT INTO documents
SELECT doc_id, source, title, metadata, metadata_sha256, text_sha256, file_sha256, notices,
    position_unit, position_marks, first_chunk + taken.chunks, was.chunks,
    text_start + taken.bytes, text_bytes, taken.new
FROM taken CROSS JOIN before.documents AS was ON was.number = taken.old
WHERE taken.old BETWEEN ? AND ?
"""
_TAKE_CHUNKS = """
INSERT INTO chunks
SELECT position + taken.chunks, chunk_id, was.doc_id, start, "end", heading, prefix, sentences,
    embedding_key, was.text_start + taken.bytes, was.text_bytes
FROM taken CROSS JOIN before.documents AS whole ON whole.number = taken.old
CROSS JOIN before.chunks AS was
    ON was.position BETWEEN whole.first_chunk AND whole.first_chunk + whole.chunks - 1
WHERE taken.old BETWEEN ? AND ?
"""
_TAKE_FIELDS = """
INSERT INTO fields
SELECT field, text, taken.new, number, date
FROM before.fields CROSS JOIN taken ON taken.old = document
"""
_DOCUMENT = """
SELECT number, first_chunk, chunks, text_start, text_bytes, text_sha256
FROM before.documents WHERE doc_id = ?
"""
_CHUNKS = """
SELECT chunk_id, prefix, text_start, text_bytes
FROM before.chunks WHERE position BETWEEN ? AND ? ORDER BY position
"""


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The folder of a generation from which documents are taken over.

    Texts come from ``files``, and from ``words`` the languages they are read in.
    """

    folder: Path
    files: ReadFiles
    words: KeptWords


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A document that was taken over: the number its first chunk had, and its chunks' texts."""

    first: int
    chunks: Sequence[tuple[ChunkId, str]]


class CatalogueWriter:
    """Writes the catalogue and the texts of a generation.

    Nothing is safe on the disk until the folder is synced.
    """

    def __init__(self, folder: Path, before: Predecessor | None = None) -> None:
        """Begin in ``folder``; documents can be taken over from ``before``."""
        self._texts = (folder / TEXTS).open("wb")
        self._database = sqlite3.connect((folder / CATALOGUE).absolute().as_uri(), uri=True)
        # A half-written catalogue is thrown away with its folder: no journal.
        self._database.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;{SCHEMA}")
        self.chunks = 0
        self.documents = 0
        self._before = before
        self._pending: list[tuple[int, int, int, int]] = []
        if before is not None:
            self._texts_before = before.folder / TEXTS
            path = before.folder / CATALOGUE
            # SQLite itself reads it here, so all of it has to be sure.
            before.files.check(path, 0, before.files.size(path))
            self._database.execute("ATTACH ? AS before", (reading_uri(path),))
            self._database.execute(_TAKEN)

    def add_files(self, files: Iterable[tuple[str, str]]) -> None:
        """Add (source, SHA-256) of files of which every document is in the catalogue."""
        self._database.executemany("INSERT INTO files VALUES (?, ?)", sorted(files))

    def add(self, document: Document, chunks: Sequence[Chunk], keys: Sequence[bytes]) -> None:
        """Add a document and its chunks, which ascend by span, with their embedding keys."""
        self._take_pending()
        info, text_start = document.info, self._texts.tell()
        text = document.text.encode()
        self._texts.write(text)
        self._database.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                info.doc_id,
                info.source,
                info.title,
                json.dumps(asdict(info.metadata)),
                fingerprint_of(info).metadata_sha256,
                info.text_sha256,
                info.file_sha256,
                json.dumps(info.notices),
                document.position_map.unit.value,
                json.dumps([[m.start, m.number, m.step] for m in document.position_map.marks]),
                self.chunks,
                len(chunks),
                text_start,
                len(text),
                self.documents,
            ),
        )
        self._database.executemany(
            "INSERT INTO fields VALUES (?, ?, ?, ?, ?)", field_rows(info, self.documents)
        )
        self.documents += 1
        self._database.executemany(
            "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self._rows(document.text, text_start, chunks, keys),
        )

    def _rows(
        self, text: str, text_start: int, chunks: Sequence[Chunk], keys: Sequence[bytes]
    ) -> Iterator[tuple[object, ...]]:
        reached = 0
        for chunk, key in zip(chunks, keys, strict=True):
            text_start += len(text[reached : chunk.span.start].encode())
            reached = chunk.span.start
            yield (
                self.chunks,
                chunk.chunk_id,
                chunk.doc_id,
                chunk.span.start,
                chunk.span.end,
                json.dumps(chunk.heading),
                chunk.prefix,
                json.dumps([[s.start, s.end] for s in chunk.sentences]),
                key,
                text_start,
                len(chunk.text.encode()),
            )
            self.chunks += 1

    def take_over(self, doc_id: DocId) -> TakenOver:
        """Add a document of the generation before as it is.

        Documents are taken over in their order there.

        Raises:
            IndexDamagedError: If its text is not the one that was stored.
        """
        if self._before is None:
            msg = "there is no generation to take a document over from"
            raise ValueError(msg)
        [(number, first, count, start, size, sha256)] = self._database.execute(_DOCUMENT, (doc_id,))
        text = bytearray(size)
        self._before.files.read(self._texts_before, [(start, memoryview(text))])
        if hashlib.sha256(text).hexdigest() != sha256:
            raise IndexDamagedError(self._texts_before, f"the text of {doc_id!r} has changed")
        moved = (number, self.documents, self.chunks - first, self._texts.tell() - start)
        self._pending.append(moved)
        self._texts.write(text)
        self.documents += 1
        self.chunks += count
        chunks = [
            (chunk_id, embedded_text(prefix, text[at - start : at - start + length].decode()))
            for chunk_id, prefix, at, length in self._database.execute(
                _CHUNKS, (first, first + count - 1)
            )
        ]
        if len(self._pending) >= _MOST_PENDING:
            self._take_pending()
        return TakenOver(first, chunks)

    def _take_pending(self) -> None:
        """Write the rows of what was taken over, in their place among what is added."""
        if not self._pending:
            return
        bounds = (self._pending[0][0], self._pending[-1][0])
        self._database.executemany("INSERT INTO taken VALUES (?, ?, ?, ?)", self._pending)
        self._database.execute(_TAKE_DOCUMENTS, bounds)
        self._database.execute(_TAKE_CHUNKS, bounds)
        self._pending.clear()

    def commit(self) -> None:
        """Write out all that was added."""
        if self._before is not None:
            self._take_pending()
            self._database.execute(_TAKE_FIELDS)
            self._before = None
        self._database.commit()
        self._texts.flush()

    def close(self) -> None:
        """Close the files; what was not committed is lost."""
        self._database.close()
        self._texts.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.commit()
        finally:
            self.close()
