"""Plug-in ``int8``: models of sentence-transformers whose weights are whole numbers of 8 bits.

Faster, and not quite the same: the vectors of the default model keep a cosine of 0.97 or more
with its own. An index that was made with one form cannot be asked with the other.
"""

import hashlib
from dataclasses import replace
from pathlib import Path

from briefqa.backends.sentence_transformers.embedder import SentenceTransformersEmbedder
from briefqa.backends.sentence_transformers.weights import ModelFiles, resolve


class QuantizedEmbedder(SentenceTransformersEmbedder):
    """A model to be exported in 8 bits; until then it is the model itself."""

    def export(self, folder: Path) -> None:
        """Write a graph in 8 bits, of almost the same vectors, into the empty ``folder``.

        Raises:
            ExportError: If there is no such graph; the folder is then of no use.
        """
        from briefqa.backends.sentence_transformers.export import export  # noqa: PLC0415

        export(self, folder, quantized=True)


def identify(argument: str, /) -> str:
    """Return the model id of ``int8:argument`` without loading it.

    Args:
        argument: A model's name or path; empty for the default model.

    Raises:
        WeightsError: If the files are missing or are not the ones expected.
        BackendError: If the model is neither here nor can be downloaded.
    """
    return _files(argument).model_id


def load(argument: str, /) -> QuantizedEmbedder:
    """Load a model through sentence-transformers, to be exported in 8 bits.

    Args:
        argument: A model's name or path; empty for the default model.

    Raises:
        WeightsError: If the files are missing or are not the ones expected.
        BackendError: If the model cannot be found or loaded.
    """
    return QuantizedEmbedder(_files(argument))


def _files(argument: str) -> ModelFiles:
    files = resolve(argument)
    # A fingerprint of its own: both forms of a model may be kept in one folder.
    sha256 = hashlib.sha256(f"int8\0{files.sha256}".encode()).hexdigest()
    return replace(files, sha256=sha256, plugin="int8")
