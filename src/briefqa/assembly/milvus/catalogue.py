"""The documents and chunks of a generation that lies in Milvus."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from briefqa.assembly.milvus.collections import Collections
from briefqa.assembly.milvus.facts import MilvusFacts
from briefqa.assembly.milvus.head import Head
from briefqa.assembly.milvus.rows import BODY, INFO, Placed, chunk_of, placed
from briefqa.backends.faiss.numbering import NumberedChunks
from briefqa.backends.milvus.expressions import any_of, quoted
from briefqa.backends.milvus.layout import (
    CHUNK_ID,
    DATA,
    DOCUMENT,
    KIND,
    PIECE,
    POSITION,
    RECORD,
    joined,
)
from briefqa.backends.milvus.server import Row
from briefqa.datatypes import Chunk, ChunkId, Condition, DocId, Document, DocumentInfo, Outline
from briefqa.errors import UnknownDocumentError
from briefqa.indexing.catalogue import fingerprint_of
from briefqa.indexing.manifest import Fingerprint
from briefqa.indexing.recent import Recent
from briefqa.indexing.selecting import Selector
from briefqa.protocols import ChunkNumbers

_DOCUMENTS_KEPT = 32
_INFOS_KEPT = 4096
_CHUNKS_KEPT = 2048
_IDS_AT_ONCE = 200
_DOCUMENTS_AT_ONCE = 200
_PIECES_AT_ONCE = 100


class MilvusCatalogue:
    """The records of a generation in Milvus; safe to use from several threads."""

    def __init__(self, collections: Collections, head: Head) -> None:
        self._collections = collections
        self._head = head
        self._selector = Selector(MilvusFacts(collections, head))
        self._documents_read = Recent[DocId, Document](_DOCUMENTS_KEPT)
        self._infos: dict[DocId, Placed] = {}
        self._chunks_read = Recent[ChunkId, Chunk](_CHUNKS_KEPT)
        self._numbers: ChunkNumbers | None = None

    @property
    def selector(self) -> Selector:
        """Selects the documents and chunks that a search is held to."""
        return self._selector

    def documents(self) -> list[DocumentInfo]:
        """Return every document, sorted by ``doc_id``."""
        return self._sorted(self._all_placed())

    def documents_matching(self, conditions: Sequence[Condition], /) -> list[DocumentInfo]:
        """Return the documents that satisfy all checked ``conditions``, sorted by ``doc_id``."""
        if not conditions:
            return self.documents()
        numbers = self._selector.satisfying(conditions)
        found: list[Placed] = []
        for start in range(0, len(numbers), _DOCUMENTS_AT_ONCE):
            part = numbers[start : start + _DOCUMENTS_AT_ONCE]
            found += self._placed_where(any_of(DOCUMENT, part))
        return self._sorted(found)

    def document(self, doc_id: DocId, /) -> Document:
        """Return one document with its text; the last few are kept at hand.

        Raises:
            UnknownDocumentError: If there is none of that id.
            IndexDamagedError: If the text is not the one that was stored.
        """
        return self._documents_read.one(doc_id, self._document)

    def published(self, ids: Sequence[DocId], /) -> dict[DocId, str]:
        """Return the dates, as the documents state them, of those of ``ids`` that have one."""
        infos = (each.info for each in self._of_ids(ids))
        dates = ((info.doc_id, info.metadata.published) for info in infos)
        return {doc_id: date for doc_id, date in dates if date is not None}

    def chunks(self, ids: Iterable[ChunkId], /) -> list[Chunk]:
        """Return the chunks of ``ids``, in that order.

        Raises:
            IndexDamagedError: If there is none of such an id.
        """
        try:
            return self._chunks_read.of(list(ids), self._read_chunks)
        except KeyError as error:
            detail = f"holds no chunk {error.args[0]!r}"
            raise self._collections.damaged(detail) from error

    def outlines(self, ids: Iterable[ChunkId], /) -> list[Outline]:
        """Return what ranks the chunks of ``ids``, in that order.

        Raises:
            IndexDamagedError: If there is none of such an id.
        """
        return [chunk.outline for chunk in self.chunks(ids)]

    def chunks_of(self, doc_id: DocId, /) -> list[Chunk]:
        """Return the chunks of a document, in reading order."""
        found = self._of_ids([doc_id])
        return [chunk for chunk, _ in self._numbered(found[0])] if found else []

    def chunk_ids(self) -> list[ChunkId]:
        """Return the ids of all chunks, in the order in which they were added."""
        return [chunk_id for _, chunk_id, _ in self.embedding_keys()]

    def numbers(self) -> ChunkNumbers:
        """Return what leads from the number of a chunk to its id, and back."""
        if self._numbers is None:
            self._numbers = NumberedChunks(self.chunk_ids())
        return self._numbers

    def fingerprints(self) -> Iterator[Fingerprint]:
        """Yield the state of every document, sorted by ``doc_id``."""
        return map(fingerprint_of, self.documents())

    def files(self) -> dict[str, str]:
        """Return source and SHA-256 of the files of which every document is here."""
        return dict(self._head.files)

    def embedding_keys(self) -> Iterator[tuple[DocId, ChunkId, bytes]]:
        """Yield document, id and embedding key of every chunk, by document and in its order."""
        for each in self._all_placed():
            for chunk, key in self._numbered(each):
                yield chunk.doc_id, chunk.chunk_id, key

    def close(self) -> None:
        """Let go of the connection."""
        self._collections.server.close()

    def _read_chunks(self, ids: Sequence[ChunkId]) -> dict[ChunkId, Chunk]:
        wanted = list(dict.fromkeys(ids))
        found: dict[ChunkId, Chunk] = {}
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            rows = self._collections.chunk_rows(
                any_of(CHUNK_ID, wanted[start : start + _IDS_AT_ONCE]), (CHUNK_ID, RECORD)
            )
            found |= {chunk.chunk_id: chunk for chunk, _ in self._chunks(rows)}
        return found

    def _document(self, doc_id: DocId) -> Document:
        found = self._of_ids([doc_id])
        if not found:
            raise UnknownDocumentError(doc_id)
        [known] = found
        text = self._collections.text_of(BODY, str(known.number))
        if hashlib.sha256(text.encode()).hexdigest() != known.info.text_sha256:
            detail = f"the text of {doc_id!r} has changed"
            raise self._collections.damaged(detail)
        return Document(known.info, text, known.position_map)

    def _of_ids(self, ids: Sequence[DocId]) -> list[Placed]:
        """Return what is known of those of ``ids`` that there are; much is kept at hand."""
        infos = self._infos
        found = {each: infos[each] for each in ids if each in infos}
        missing = [each for each in dict.fromkeys(ids) if each not in found]
        stored = self._collections.texts(INFO, missing)
        found |= self._collections.read(
            lambda: {DocId(doc_id): placed(text) for doc_id, text in stored.items()}
        )
        self._infos = {**(infos if len(infos) < _INFOS_KEPT else {}), **found}
        return [found[each] for each in dict.fromkeys(ids) if each in found]

    def _all_placed(self) -> Iterator[Placed]:
        documents = self._head.manifest.documents
        for first in range(0, documents, _DOCUMENTS_AT_ONCE):
            where = f"{DOCUMENT} >= {first} and {DOCUMENT} < {first + _DOCUMENTS_AT_ONCE}"
            yield from sorted(self._placed_where(where), key=lambda each: each.number)

    def _placed_where(self, where: str) -> list[Placed]:
        rows = self._collections.records(
            f"{KIND} == {quoted(INFO)} and ({where})", (DOCUMENT, PIECE, DATA)
        )
        pieces: dict[int, list[Row]] = {}
        for row in rows:
            pieces.setdefault(int(row[DOCUMENT]), []).append(row)
        return self._collections.read(lambda: [placed(joined(each)) for each in pieces.values()])

    def _numbered(self, document: Placed) -> Iterator[tuple[Chunk, bytes]]:
        """Yield the chunks of a document and their embedding keys, in reading order."""
        end = document.first_chunk + document.chunks
        for first in range(document.first_chunk, end, _IDS_AT_ONCE):
            last = min(first + _IDS_AT_ONCE, end)
            rows = self._collections.chunk_rows(
                f"{POSITION} >= {first} and {POSITION} < {last}", (CHUNK_ID, POSITION, RECORD)
            )
            yield from self._chunks(sorted(rows, key=lambda row: int(row[POSITION])))

    def _chunks(self, rows: Sequence[Row]) -> list[tuple[Chunk, bytes]]:
        return self._collections.read(lambda: [chunk_of(row) for row in rows])

    @staticmethod
    def _sorted(found: Iterable[Placed]) -> list[DocumentInfo]:
        return sorted((each.info for each in found), key=lambda info: info.doc_id)
