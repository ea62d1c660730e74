"""What an index in a folder is written with and read with."""

from briefqa.indexing.generations import Backends
from briefqa.protocols import Embedder


def backends_with(embedder: Embedder | None) -> Backends:
    """Return them; without an embedder nothing can be embedded."""
    # Slow to import, and the model can be on its way before.
    from briefqa.backends.faiss import FaissBackend  # noqa: PLC0415
    from briefqa.backends.onnx import bit_products  # noqa: PLC0415
    from briefqa.backends.tantivy import TantivyBackend  # noqa: PLC0415

    return Backends(FaissBackend(), TantivyBackend(), embedder, bit_products)
