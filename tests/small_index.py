"""A few passages in real stores, with no files and no chunking before them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from briefqa.backends.faiss import FaissBackend, NumberedChunks
from briefqa.backends.tantivy import TantivyBackend
from briefqa.datatypes import Chunk, ChunkId, DocId, Outline, Span
from briefqa.indexing.token_runs import ChunkTokens
from briefqa.indexing.tokens import TokenStore, TokenStoreWriter
from briefqa.protocols import (
    DocumentWords,
    Embedder,
    LexicalIndex,
    TokenEmbedder,
    TokenIndex,
    VectorStore,
)


@dataclass(frozen=True, slots=True)
class SmallIndex:
    """What a search needs of an index."""

    vectors: VectorStore
    words: LexicalIndex
    tokens: TokenIndex | None
    held: Mapping[ChunkId, Chunk]
    dates: Mapping[DocId, str]

    def chunks(self, ids: Sequence[ChunkId], /) -> list[Chunk]:
        """Return the chunks of ``ids``, in that order."""
        return [self.held[chunk_id] for chunk_id in ids]

    def outlines(self, ids: Sequence[ChunkId], /) -> list[Outline]:
        """Return what ranks the chunks of ``ids``, in that order."""
        return [chunk.outline for chunk in self.chunks(ids)]

    def chunks_of(self, doc_id: DocId, /) -> list[Chunk]:
        """Return the chunks of a document, in reading order."""
        found = (chunk for chunk in self.held.values() if chunk.doc_id == doc_id)
        return sorted(found, key=lambda chunk: chunk.span)

    def published(self, ids: Sequence[DocId], /) -> dict[DocId, str]:
        """Return the dates of those of ``ids`` that have one."""
        return {doc_id: self.dates[doc_id] for doc_id in ids if doc_id in self.dates}


def passage(doc_id: str, start: int, text: str, *, prefix: str = "") -> Chunk:
    """Make a chunk of one sentence a line that stands at ``start`` of its document."""
    span = Span(start, start + len(text))
    chunk_id = ChunkId(f"{doc_id}#{span.start}-{span.end}")
    sentences: list[Span] = []
    at = start
    for line in text.split("\n"):
        sentences.append(Span(at, at + len(line)))
        at += len(line) + 1
    return Chunk(chunk_id, DocId(doc_id), span, text, (), prefix, tuple(sentences))


def small_index(
    chunks: Iterable[Chunk],
    embedder: Embedder,
    folder: Path,
    *,
    dates: Mapping[DocId, str] | None = None,
) -> SmallIndex:
    """Put ``chunks`` into FAISS and tantivy, in that order, each as a document of its own.

    Their tokens are kept where the embedder gives them. ``folder`` is empty.
    """
    held = {chunk.chunk_id: chunk for chunk in chunks}
    texts = [chunk.embedded_text for chunk in held.values()]
    vectors = FaissBackend().create(folder / "vectors", embedder.dim)
    if held:
        vectors.add(list(held), embedder.embed_documents(texts))
    tokens = None
    if isinstance(embedder, TokenEmbedder):
        with TokenStoreWriter(folder / "tokens", embedder.dim) as writer:
            for each in embedder.embed_document_tokens(texts)[1]:
                writer.add(ChunkTokens.of(each))
        tokens = TokenStore(folder / "tokens", embedder.dim, NumberedChunks(held))
    words = TantivyBackend()
    (folder / "words").mkdir()
    words.build(folder / "words", [DocumentWords([pair]) for pair in zip(held, texts, strict=True)])
    return SmallIndex(vectors, words.open(folder / "words"), tokens, held, dates or {})
