"""Plug-in ``sentence-transformers``: any model of that library, by name or path.

``identify`` imports no torch; ``load`` and what it returns do.
"""

from briefqa.backends.sentence_transformers.embedder import SentenceTransformersEmbedder
from briefqa.backends.sentence_transformers.weights import resolve

__all__ = ["SentenceTransformersEmbedder", "identify", "load"]


def identify(argument: str, /) -> str:
    """Return the model id of ``sentence-transformers:argument`` without loading it.

    Args:
        argument: A model's name or path; empty for the default model.

    Returns:
        ``sentence-transformers:NAME@FINGERPRINT``, where the fingerprint is the
        first twelve hex digits of a SHA-256 over the model's files.

    Raises:
        WeightsError: If the files are missing or are not the ones expected.
        BackendError: If the model is neither here nor can be downloaded.
    """
    return resolve(argument).model_id


def load(argument: str, /) -> SentenceTransformersEmbedder:
    """Load a model through sentence-transformers.

    Args:
        argument: A model's name or path; empty for the default model.

    Raises:
        WeightsError: If the files are missing or are not the ones expected.
        BackendError: If the model cannot be found or loaded.
    """
    return SentenceTransformersEmbedder(resolve(argument))
