"""Nearest neighbours with FAISS: exact, and by lists where that would take too long."""

from briefqa.backends.faiss.backend import FaissBackend
from briefqa.backends.faiss.numbering import NumberedChunks
from briefqa.backends.faiss.store import FaissStore

__all__ = ["FaissBackend", "FaissStore", "NumberedChunks"]
