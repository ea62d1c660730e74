"""A document becomes chunks, cut by offset along its own structure."""

from briefqa.chunking.cutting import CHUNKING_VERSION, ChunkingOptions, chunk_document

__all__ = ["CHUNKING_VERSION", "ChunkingOptions", "chunk_document"]
