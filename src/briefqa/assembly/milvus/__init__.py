"""Generations that lie in Milvus: written, published, read, and copied back into a folder."""
