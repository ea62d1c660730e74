"""BM25 with tantivy."""

from briefqa.backends.tantivy.index import TantivyBackend, TantivyIndex

__all__ = ["TantivyBackend", "TantivyIndex"]
