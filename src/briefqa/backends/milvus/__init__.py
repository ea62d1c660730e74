"""Vectors, words and records in Milvus."""

from briefqa.backends.milvus.address import MilvusAddress, is_milvus

__all__ = ["MilvusAddress", "is_milvus"]
