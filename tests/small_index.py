"""A few passages in real stores, with no files and no chunking before them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from briefqa.backends.faiss import FaissBackend
from briefqa.backends.tantivy import TantivyBackend
from briefqa.datatypes import Chunk, ChunkId, DocId, Span
from briefqa.protocols import Embedder, LexicalIndex, VectorStore


@dataclass(frozen=True, slots=True)
class SmallIndex:
    """What a search needs of an index."""

    vectors: VectorStore
    words: LexicalIndex
    held: Mapping[ChunkId, Chunk]

    def chunks(self, ids: Sequence[ChunkId], /) -> list[Chunk]:
        """Return the chunks of ``ids``, in that order."""
        return [self.held[chunk_id] for chunk_id in ids]


def passage(doc_id: str, start: int, text: str, *, prefix: str = "") -> Chunk:
    """Make a chunk of one sentence that stands at ``start`` of its document."""
    span = Span(start, start + len(text))
    chunk_id = ChunkId(f"{doc_id}#{span.start}-{span.end}")
    return Chunk(chunk_id, DocId(doc_id), span, text, (), prefix, (span,))


def small_index(chunks: Iterable[Chunk], embedder: Embedder, folder: Path) -> SmallIndex:
    """Put ``chunks`` into FAISS and tantivy, in that order; ``folder`` is empty."""
    held = {chunk.chunk_id: chunk for chunk in chunks}
    texts = [chunk.embedded_text for chunk in held.values()]
    vectors = FaissBackend().create(embedder.dim)
    if held:
        vectors.add(list(held), embedder.embed_documents(texts))
    words = TantivyBackend()
    words.build(folder, zip(held, texts, strict=True))
    return SmallIndex(vectors, words.open(folder), held)
