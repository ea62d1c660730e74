"""What must hold of the chunks of any document."""

from briefqa.chunking import ChunkingOptions, chunk_document
from briefqa.datatypes import BlockKind, Chunk, Document
from briefqa.protocols import TokenCounter


def assert_chunks_are_sound(
    document: Document, tokens: TokenCounter, options: ChunkingOptions
) -> list[Chunk]:
    """Chunk ``document``, check every law, and return the chunks."""
    chunks = chunk_document(document, tokens, options)
    _assert_tiled(document, chunks)
    _assert_sentences_lie_inside(document, chunks)
    _assert_no_heading_is_crossed(document, chunks)
    embedded = tokens.offsets([chunk.embedded_text for chunk in chunks])
    own = tokens.offsets([chunk.text for chunk in chunks])
    assert all(len(starts) <= tokens.max_tokens for starts in embedded)
    assert all(len(starts) <= options.size for starts in own)
    assert len({chunk.chunk_id for chunk in chunks}) == len(chunks)
    assert {chunk.doc_id for chunk in chunks} <= {document.info.doc_id}
    return chunks


def _assert_tiled(document: Document, chunks: list[Chunk]) -> None:
    covered = 0
    for chunk in chunks:
        assert chunk.span.of(document.text) == chunk.text == chunk.text.strip()
        assert chunk.span.start >= covered
        assert not document.text[covered : chunk.span.start].strip()
        covered = chunk.span.end
    assert not document.text[covered:].strip()


def _assert_sentences_lie_inside(document: Document, chunks: list[Chunk]) -> None:
    for chunk in chunks:
        end = chunk.span.start
        for sentence in chunk.sentences:
            assert sentence.start >= end
            assert sentence.of(document.text).strip() == sentence.of(document.text) != ""
            end = sentence.end
        assert end <= chunk.span.end


def _assert_no_heading_is_crossed(document: Document, chunks: list[Chunk]) -> None:
    starts = [b.span.start for b in document.blocks if b.kind is BlockKind.HEADING]
    for chunk in chunks:
        assert not any(chunk.span.start < start < chunk.span.end for start in starts)
        above = [b.heading for b in document.blocks if b.span.start <= chunk.span.start]
        assert chunk.heading == above[-1]
