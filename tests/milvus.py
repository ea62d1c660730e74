"""Milvus for tests: milvus-lite in this process, or a server that was started elsewhere.

The backends here make a collection for each store or index, so that the contract suites can
run over the searches that a generation in Milvus is asked with.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import numpy as np

from briefqa.backends.milvus.address import MilvusAddress
from briefqa.backends.milvus.layout import (
    CHUNK_ID,
    NO_WORDS,
    POSITION,
    RECORD,
    TOKENS,
    VECTOR,
    WORDS,
    chunk_fields,
)
from briefqa.backends.milvus.search import MilvusVectors, MilvusWords
from briefqa.backends.milvus.server import WRITTEN, MilvusServer
from briefqa.backends.milvus.weights import Statistics
from briefqa.backends.tantivy import Reading, chunk_words, most_frequent_first
from briefqa.datatypes import ChunkId
from briefqa.protocols import DocumentWords, ProgressListener, Vectors, VectorStore

_NUMBERS = count()
_ROWS_AT_ONCE = 2000


@contextmanager
def lite_server(folder: Path) -> Iterator[MilvusServer]:
    """Start milvus-lite on ``folder``, and stop it when the block ends."""
    from milvus_lite.server_manager import server_manager_instance  # noqa: PLC0415 - an extra

    server = MilvusServer(MilvusAddress.parse(f"milvus-lite:{folder}"))
    try:
        yield server
    finally:
        server.close()
        server_manager_instance.release_server(str(folder))


class CollectionVectors(MilvusVectors):
    """A collection of its own, which can be added to."""

    def __init__(self, server: MilvusServer, name: str, dim: int, ids: list[ChunkId]) -> None:
        super().__init__(server, name, dim=dim, count=len(ids), consistency=WRITTEN)
        self._name, self._ids = name, ids

    def add(self, ids: Sequence[ChunkId], rows: Vectors, /) -> None:
        """Add one vector a chunk."""
        self._check(rows)
        _insert(
            self._server,
            self._name,
            [
                {CHUNK_ID: each, POSITION: position, VECTOR: row, RECORD: [], TOKENS: []}
                for position, (each, row) in enumerate(zip(ids, rows, strict=True), len(self._ids))
            ],
        )
        self._ids += ids
        self._count = len(self._ids)

    def finish(self, recall: float, on_progress: ProgressListener, /) -> None:
        """Do nothing: it is all in the collection."""

    def again(self) -> "CollectionVectors":
        """Reopen the collection."""
        return CollectionVectors(self._server, self._name, self._dim, list(self._ids))


class CollectionVectorBackend:
    """Makes collections of vectors."""

    def __init__(self, server: MilvusServer) -> None:
        self._server = server

    def create(self, dim: int) -> VectorStore:
        """Return an empty store."""
        name = f"vectors_{next(_NUMBERS)}"
        self._server.create(name, chunk_fields(dim, words=False))
        self._server.load(name)
        return CollectionVectors(self._server, name, dim, [])

    def again(self, store: VectorStore, ids: Sequence[ChunkId]) -> VectorStore:  # noqa: ARG002 - they are in it
        """Reopen a store."""
        assert isinstance(store, CollectionVectors)
        return store.again()


class CollectionWordsBackend:
    """Makes collections of words."""

    def __init__(self, server: MilvusServer) -> None:
        self._server = server

    def index(self, texts: Sequence[str]) -> MilvusWords:
        """Index texts in English under the ids "0", "1", ..."""
        documents = [
            DocumentWords([(ChunkId(str(place)), text)], language="en")
            for place, text in enumerate(texts)
        ]
        return self.index_documents(documents)

    def index_documents(self, documents: Iterable[DocumentWords]) -> MilvusWords:
        """Index the chunks of documents."""
        name = f"words_{next(_NUMBERS)}"
        self._server.create(name, chunk_fields(2))
        read = list(chunk_words(documents))
        held = Counter(term for _, _, words in read for term in set(words))
        known = {term: (place, held[term]) for place, term in enumerate(sorted(held), 1)}
        statistics = Statistics(len(read), sum(len(words) for _, _, words in read))
        _insert(
            self._server,
            name,
            [
                {
                    CHUNK_ID: chunk_id,
                    POSITION: position,
                    VECTOR: np.array([0, 1], dtype=np.float32),
                    WORDS: {
                        known[term][0]: weight
                        for term, weight in statistics.chunk_weights(words).items()
                    }
                    or NO_WORDS,
                    RECORD: [],
                    TOKENS: [],
                }
                for position, (chunk_id, _, words) in enumerate(read)
            ],
        )
        self._server.load(name)
        languages = Counter(language for _, language, _ in read)
        return MilvusWords(
            self._server,
            name,
            reading=Reading(most_frequent_first(languages)),
            look_up=lambda terms: {term: known[term] for term in terms if term in known},
            statistics=statistics,
            consistency=WRITTEN,
        )


def _insert(server: MilvusServer, name: str, rows: list[dict[str, object]]) -> None:
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        server.insert(name, rows[start : start + _ROWS_AT_ONCE])
