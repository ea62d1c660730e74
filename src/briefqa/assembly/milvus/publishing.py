"""Writes a generation into Milvus, proves it, and only then lets it serve."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from briefqa.assembly.milvus.generations import open_named, read_head
from briefqa.assembly.milvus.head import Head
from briefqa.assembly.milvus.names import (
    GenerationNames,
    let_serve,
    read_aliases,
    remove,
    sweep,
)
from briefqa.assembly.milvus.proving import prove
from briefqa.assembly.milvus.rows import (
    COUNTS,
    FREQUENCIES,
    HEAD,
    TERM,
    UPLOAD,
    array_rows,
    chunk_row,
    document_rows,
    row_bytes,
)
from briefqa.backends.milvus.layout import (
    DOCUMENT,
    NUMBER,
    TEXT,
    chunk_fields,
    record,
    record_fields,
    records,
)
from briefqa.backends.milvus.server import WRITTEN, MilvusServer
from briefqa.backends.milvus.weights import Statistics
from briefqa.backends.tantivy import chunk_words
from briefqa.datatypes import Chunk, Document
from briefqa.errors import IndexFileError
from briefqa.indexing import Generation
from briefqa.indexing.writing import words_of
from briefqa.protocols import Progress, ProgressListener

_MOST_BYTES = 4_000_000
_MOST_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Beside:
    """What belongs to an index beside its generations.

    ``calibration`` is the file that keeps it, if there is one; ``upload`` gives the bytes of
    a document that was sent to the index, in base64, by its name among the uploads.
    """

    calibration: str | None
    upload: Callable[[str], str]


def publish(
    source: Generation, beside: Beside, server: MilvusServer, *, on_progress: ProgressListener
) -> bool:
    """Let the index of ``server`` serve what ``source`` holds; nothing is embedded again.

    What it served until then is kept as the generation before. Others are removed.

    Returns:
        Whether anything was written: not if the store holds this generation already.

    Raises:
        IndexDamagedError: If what can be read again is not what was written; the index then
            serves what it did.
        StoreError: If the server does not answer.
    """
    names = GenerationNames(server.address.name, source.ref.generation)
    before = read_aliases(server)
    is_there = names in before.kept and _is_whole(server, names)
    if not is_there:
        remove(server, names)
        try:
            head = _Writer(source, beside, server, names, on_progress).write()
            built = open_named(server, names, head, consistency=WRITTEN)
            prove(built, source, head, server, names, on_progress=on_progress)
        except BaseException:
            # What made it fail is what there is to say.
            with suppress(Exception):
                remove(server, names)
            raise
        before = read_aliases(server)
    let_serve(server, names, before)
    sweep(server)
    return not is_there


def _is_whole(server: MilvusServer, names: GenerationNames) -> bool:
    try:
        head = read_head(server, names)
        open_named(server, names, head)
    except IndexFileError:
        return False
    return server.count(names.records) == head.all_records


@dataclass(frozen=True, slots=True)
class _Words:
    """What is known of all words before the first chunk is written."""

    frequencies: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    total: list[int] = field(default_factory=list)

    @property
    def dimensions(self) -> Mapping[str, int]:
        """Give each term the number of its dimension, from 1."""
        return {term: number for number, term in enumerate(sorted(self.frequencies), 1)}


class Batch:
    """Collects rows of a collection until there are enough to send."""

    def __init__(self, server: MilvusServer, collection: str) -> None:
        self._server, self._collection = server, collection
        self._rows: list[dict[str, object]] = []
        self._bytes = 0
        self.sent = 0

    def add(self, row: dict[str, object]) -> None:
        """Add a row, and send all of them if they are enough."""
        self._rows.append(row)
        self._bytes += row_bytes(row)
        if self._bytes >= _MOST_BYTES or len(self._rows) >= _MOST_ROWS:
            self.send()

    def send(self) -> None:
        """Send what there is."""
        self._server.insert(self._collection, self._rows)
        self.sent += len(self._rows)
        self._rows, self._bytes = [], 0


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the collections of a generation, the head last."""

    source: Generation
    beside: Beside
    server: MilvusServer
    names: GenerationNames
    on_progress: ProgressListener

    def write(self) -> Head:
        """Write all of it; return the head."""
        recipe = self.source.manifest.recipe
        words = self._count_words()
        self.server.create(self.names.chunks, chunk_fields(recipe.dim))
        self.server.create(self.names.records, record_fields())
        kept = Batch(self.server, self.names.records)
        statistics = Statistics(self.source.manifest.chunks, sum(words.total))
        self._write_documents(kept, words, statistics)
        self._write_others(kept, words)
        kept.send()
        head = Head(
            manifest=self.source.manifest,
            sources=self.source.sources,
            files=self.source.catalogue.files(),
            superseding=self.source.catalogue.selector.superseding,
            languages=dict(words.languages),
            statistics=statistics,
            records=kept.sent,
            calibration=self.beside.calibration,
        )
        for row in records(HEAD, "", head.to_text()):
            kept.add(row)
        kept.send()
        for collection in (self.names.chunks, self.names.records):
            self.server.settle(collection)
        return head

    def _documents(self) -> Iterator[tuple[Document, list[Chunk]]]:
        """Yield documents and their chunks in the order of ids, which is that of positions."""
        for info in self.source.documents():
            yield self.source.document(info.doc_id), self.source.chunks_of(info.doc_id)

    def _count_words(self) -> _Words:
        found = _Words()
        total = self.source.manifest.chunks
        for document, chunks in self._documents():
            for _, language, words in chunk_words([words_of(document, chunks)]):
                found.frequencies.update(set(words))
                found.languages[language] += 1
                found.total.append(len(words))
            self.on_progress(Progress("counting words", len(found.total), total))
        return found

    def _write_documents(self, kept: Batch, words: _Words, statistics: Statistics) -> None:
        dimensions = words.dimensions
        found = Batch(self.server, self.names.chunks)
        keys = {chunk_id: key for _, chunk_id, key in self.source.catalogue.embedding_keys()}
        position = 0
        counts: list[int] = []
        for number, (document, chunks) in enumerate(self._documents()):
            for row in document_rows(document, number, position, len(chunks)):
                kept.add(row)
            ids = [chunk.chunk_id for chunk in chunks]
            vectors = self.source.vectors.vectors(ids)
            tokens = self.source.tokens.tokens(ids) if self.source.tokens is not None else None
            spoken = chunk_words([words_of(document, chunks)])
            for place, (chunk, (_, _, said)) in enumerate(zip(chunks, spoken, strict=True)):
                weights = statistics.chunk_weights(said)
                found.add(
                    chunk_row(
                        chunk,
                        position + place,
                        key=keys[chunk.chunk_id],
                        vector=vectors[place],
                        words={dimensions[term]: weight for term, weight in weights.items()},
                        tokens=tokens[place] if tokens is not None else None,
                    )
                )
            position += len(chunks)
            counts.append(len(chunks))
            self.on_progress(Progress("writing", position, statistics.chunks))
        found.send()
        for row in array_rows(COUNTS, np.array(counts)):
            kept.add(row)

    def _write_others(self, kept: Batch, words: _Words) -> None:
        for term, dimension in words.dimensions.items():
            held = float(words.frequencies[term])
            kept.add(record(TERM, term, **{TEXT: term, DOCUMENT: dimension, NUMBER: held}))
        if self.source.tokens is not None:
            for row in array_rows(FREQUENCIES, self.source.tokens.frequencies):
                kept.add(row)
        for name in sorted(set(self.source.sources.uploads.values())):
            for row in records(UPLOAD, name, self.beside.upload(name)):
                kept.add(row)
