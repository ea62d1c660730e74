"""What a generation tells of its documents and chunks, wherever they are kept."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from briefqa.datatypes import Chunk, ChunkId, Condition, DocId, Document, DocumentInfo, Outline
from briefqa.indexing.manifest import Fingerprint
from briefqa.indexing.selecting import Selector
from briefqa.protocols import ChunkNumbers


class Records(Protocol):
    """The documents and chunks of a generation; safe to use from several threads.

    Each method raises IndexDamagedError where what was stored cannot be read. `Catalogue`
    keeps them in files.
    """

    @property
    def selector(self) -> Selector:
        """Selects the documents and chunks that a search is held to."""
        ...

    def documents(self) -> list[DocumentInfo]:
        """Return every document, sorted by ``doc_id``."""
        ...

    def documents_matching(self, conditions: Sequence[Condition], /) -> Sequence[DocumentInfo]:
        """Return the documents that satisfy all checked ``conditions``, sorted by ``doc_id``."""
        ...

    def document(self, doc_id: DocId, /) -> Document:
        """Return one document with its text; UnknownDocumentError if there is none."""
        ...

    def published(self, ids: Sequence[DocId], /) -> dict[DocId, str]:
        """Return the dates of those of ``ids`` that have one."""
        ...

    def chunks(self, ids: Iterable[ChunkId], /) -> list[Chunk]:
        """Return the chunks of ``ids``, in that order."""
        ...

    def outlines(self, ids: Iterable[ChunkId], /) -> list[Outline]:
        """Return what ranks the chunks of ``ids``, in that order."""
        ...

    def chunks_of(self, doc_id: DocId, /) -> list[Chunk]:
        """Return the chunks of a document, in reading order."""
        ...

    def chunk_ids(self) -> list[ChunkId]:
        """Return the ids of all chunks, in the order in which they were added."""
        ...

    def numbers(self) -> ChunkNumbers:
        """Return what leads from the number of a chunk to its id, and back."""
        ...

    def fingerprints(self) -> Iterator[Fingerprint]:
        """Yield the state of every document, sorted by ``doc_id``."""
        ...

    def files(self) -> dict[str, str]:
        """Return source and SHA-256 of the files of which every document is here."""
        ...

    def embedding_keys(self) -> Iterator[tuple[DocId, ChunkId, bytes]]:
        """Yield document, id and embedding key of every chunk, in the order of its number.

        That is by document, sorted, and in its order.
        """
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...
