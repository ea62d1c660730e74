"""What an index in a folder is written with and read with."""

from briefqa.backends.faiss import FaissBackend
from briefqa.backends.onnx import bit_products
from briefqa.backends.tantivy import TantivyBackend
from briefqa.indexing.generations import Backends
from briefqa.protocols import Embedder


def backends_with(embedder: Embedder | None) -> Backends:
    """Return them; without an embedder nothing can be embedded."""
    return Backends(FaissBackend(), TantivyBackend(), embedder, bit_products)
