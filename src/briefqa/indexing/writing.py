"""Writes the files of a new generation into a folder that nobody reads yet."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from briefqa.datatypes import Chunk, ChunkId, Document
from briefqa.errors import BackendError
from briefqa.indexing.catalogue import CATALOGUE, SCHEMA, TEXTS, fingerprint_of
from briefqa.indexing.embedding import VectorPlan
from briefqa.indexing.gathering import CutDocument, Gathered
from briefqa.indexing.generations import LEXICAL, VECTORS, Generation
from briefqa.indexing.integrity import MANIFEST, entry_of
from briefqa.indexing.manifest import Manifest, Recipe
from briefqa.protocols import LexicalBackend, Progress, ProgressListener, VectorStore


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

    def add_files(self, files: Iterable[tuple[str, str]]) -> None:
        """Add (source, SHA-256) of files of which every document is in the catalogue."""
        self._database.executemany("INSERT INTO files VALUES (?, ?)", sorted(files))

    def add(self, document: Document, chunks: Sequence[Chunk], keys: Sequence[bytes]) -> None:
        """Add a document and its chunks, which ascend by span, with their embedding keys."""
        info, text_start = document.info, self._texts.tell()
        text = document.text.encode()
        self._texts.write(text)
        self._database.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                info.doc_id,
                info.source,
                info.title,
                json.dumps(asdict(info.metadata)),
                fingerprint_of(info).metadata_sha256,
                info.text_sha256,
                info.file_sha256,
                json.dumps([[m.start, m.line, m.step] for m in document.position_map.marks]),
                self.chunks,
                len(chunks),
                text_start,
                len(text),
            ),
        )
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
                self._database.commit()
        finally:
            self._database.close()
            self._texts.close()


@dataclass(frozen=True, slots=True)
class Contents:
    """What a generation is to hold; ``base`` has the documents that are not fresh."""

    generation: str
    recipe: Recipe
    gathered: Gathered
    plan: VectorPlan
    vectors: VectorStore
    base: Generation | None


def write_generation(
    folder: Path, contents: Contents, *, words: LexicalBackend, on_progress: ProgressListener
) -> str:
    """Write a generation into the empty ``folder``; return its manifest's SHA-256.

    Raises:
        OSError: If the disk refuses.
        sqlite3.OperationalError: If it refuses the catalogue.
    """
    total = len(contents.plan.keys)
    (folder / VECTORS).write_bytes(contents.vectors.to_bytes())
    (folder / LEXICAL).mkdir()
    with CatalogueWriter(folder) as writer:
        writer.add_files(contents.gathered.files.items())
        # One pass: a document is written as the word index comes to its chunks,
        # so that no more than one is held at a time.
        words.build(folder / LEXICAL, _written(writer, contents, on_progress))
        if writer.chunks != total:
            msg = f"the word index took {writer.chunks} of {total} chunks"
            raise BackendError(msg)
    manifest = Manifest(
        generation=contents.generation,
        recipe=contents.recipe,
        documents=len(contents.gathered.fingerprints),
        chunks=total,
        files={
            path.relative_to(folder).as_posix(): entry_of(path)
            for path in sorted(folder.rglob("*"))
            # Lock files come and go.
            if path.is_file() and path.suffix != ".lock"
        },
    )
    data = manifest.to_bytes()
    (folder / MANIFEST).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def _written(
    writer: CatalogueWriter, contents: Contents, on_progress: ProgressListener
) -> Iterator[tuple[ChunkId, str]]:
    """Write document after document, and yield the chunks of each for the word index."""
    keys = contents.plan.keys
    for cut in _documents(contents.gathered, contents.base):
        writer.add(cut.document, cut.chunks, [keys[chunk.chunk_id] for chunk in cut.chunks])
        for chunk in cut.chunks:
            yield chunk.chunk_id, chunk.embedded_text
        on_progress(Progress("writing", writer.chunks, len(keys)))


def _documents(gathered: Gathered, base: Generation | None) -> Iterator[CutDocument]:
    for doc_id in sorted(gathered.fingerprints):
        if doc_id in gathered.fresh:
            yield gathered.fresh[doc_id]
        elif base is not None:
            yield CutDocument(base.document(doc_id), tuple(base.chunks_of(doc_id)))
