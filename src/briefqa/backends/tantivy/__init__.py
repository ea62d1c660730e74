"""BM25 with tantivy."""

from briefqa.backends.tantivy.analysis import Reading, chunk_words, most_frequent_first
from briefqa.backends.tantivy.index import TantivyBackend, TantivyIndex

__all__ = ["Reading", "TantivyBackend", "TantivyIndex", "chunk_words", "most_frequent_first"]
