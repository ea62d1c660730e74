"""Writes the catalogue of a generation: documents and chunks, and the texts beside it."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from briefqa.datatypes import Chunk, Document
from briefqa.indexing.catalogue import CATALOGUE, SCHEMA, TEXTS, fingerprint_of
from briefqa.indexing.fields import field_rows


class CatalogueWriter:
    """Writes the catalogue and the texts of a generation.

    Nothing is safe on the disk until the folder is synced.
    """

    def __init__(self, folder: Path) -> None:
        self._texts = (folder / TEXTS).open("wb")
        self._database = sqlite3.connect(folder / CATALOGUE)
        # A half-written catalogue is thrown away with its folder: no journal.
        self._database.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;{SCHEMA}")
        self.chunks = 0
        self.documents = 0

    def add_files(self, files: Iterable[tuple[str, str]]) -> None:
        """Add (source, SHA-256) of files of which every document is in the catalogue."""
        self._database.executemany("INSERT INTO files VALUES (?, ?)", sorted(files))

    def add(self, document: Document, chunks: Sequence[Chunk], keys: Sequence[bytes]) -> None:
        """Add a document and its chunks, which ascend by span, with their embedding keys."""
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

    def commit(self) -> None:
        """Write out all that was added."""
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
