"""Passages are embedded on a GPU, by the model's own library; everything else stays as it is."""

from collections.abc import Sequence

import numpy as np

from briefqa.backends.onnx import OnnxEmbedder, OnnxTokenEmbedder
from briefqa.backends.sentence_transformers import SentenceTransformersEmbedder
from briefqa.backends.sentence_transformers.export import LEAST_COSINE, least_cosine
from briefqa.backends.sentence_transformers.graphs import sample_texts
from briefqa.errors import BackendError
from briefqa.protocols import Embedder, TokenCounter, TokenVectors, Vectors


class AcceleratedEmbedder:
    """An exported model whose passages another device embeds; safe to use from several threads."""

    def __init__(self, exported: OnnxEmbedder, reference: SentenceTransformersEmbedder) -> None:
        """Take both, once they have proved to agree.

        Raises:
            BackendError: If the device does not give the vectors that the export gives.
        """
        self._exported, self._reference = exported, reference
        texts = sample_texts(reference.window)
        least = least_cosine(reference.embed_documents(texts), exported.embed_documents(texts))
        if not least >= LEAST_COSINE:
            msg = (
                f"on {reference.device} the model gives other vectors than its export: cosine "
                f"{least:.6f}, expected {LEAST_COSINE} or more; index without --gpu"
            )
            raise BackendError(msg)

    @property
    def model_id(self) -> str:
        """Name and fingerprint of the export."""
        return self._exported.model_id

    @property
    def dim(self) -> int:
        """Width of every vector returned."""
        return self._exported.dim

    @property
    def tokens(self) -> TokenCounter:
        """The model's own tokenizer."""
        return self._exported.tokens

    def embed_documents(self, texts: Sequence[str], /) -> Vectors:
        """Embed passages; returns shape (len(texts), dim)."""
        return self._reference.embed_documents(texts)

    def embed_queries(self, texts: Sequence[str], /) -> Vectors:
        """Embed questions; returns shape (len(texts), dim)."""
        return self._exported.embed_queries(texts)


class AcceleratedTokenEmbedder(AcceleratedEmbedder):
    """One that also gives the vectors of tokens."""

    _exported: OnnxTokenEmbedder

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639-1 codes of the languages it was made for; None if it does not say."""
        return self._exported.languages

    def embed_document_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        """Embed passages: what ``embed_documents`` returns, and the tokens of each."""
        found = self._reference.encoded(texts, prompt=self._reference.document_prompt)
        rows = np.array([vector for vector, _ in found]).reshape(len(texts), self.dim)
        # None is missing: the export has them, and was made of this model.
        tokens = [own for _, own in found if own is not None]
        return rows, self._exported.document_tokens(texts, tokens)

    def embed_query_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        """Embed questions: what ``embed_queries`` returns, and the tokens of each."""
        return self._exported.embed_query_tokens(texts)


def on_gpu(embedder: Embedder, reference: Embedder) -> Embedder:
    """Return ``embedder`` with its passages embedded by ``reference``, the same model, on a GPU.

    Raises:
        BackendError: If there is no GPU, or the model cannot use it.
    """
    if not isinstance(reference, SentenceTransformersEmbedder):
        msg = f"{embedder.model_id!r} cannot use a GPU; index without --gpu"
        raise BackendError(msg)
    if reference.device == "cpu":
        msg = (
            "torch finds no GPU that it can use; install the build of torch for yours, "
            "or index without --gpu"
        )
        raise BackendError(msg)
    if isinstance(embedder, OnnxTokenEmbedder):
        return AcceleratedTokenEmbedder(embedder, reference)
    if isinstance(embedder, OnnxEmbedder):
        return AcceleratedEmbedder(embedder, reference)
    # Not exported: it runs there as it is.
    return reference
