"""Keeps what a model made of the latest questions."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from briefqa.protocols import Embedder, TokenCounter, TokenEmbedder, TokenVectors, Vectors

MOST_QUESTIONS: Final = 128
LONGEST_QUESTION: Final = 300
"""In code points; with a longer one, 128 would take more than some 20 MB."""


def remembering(embedder: Embedder) -> Embedder:
    """Return ``embedder``, which remembers questions if it tells their tokens, and none so far."""
    if isinstance(embedder, RememberingEmbedder):
        return RememberingEmbedder(embedder.model)
    return RememberingEmbedder(embedder) if isinstance(embedder, TokenEmbedder) else embedder


class RememberingEmbedder:
    """Embeds as another embedder does, but a question that was asked lately only once.

    The same question comes again when a page is loaded anew, with other filters, or for an
    answer after a search. Safe to use from several threads, if the other is; what it returns of
    a question cannot be written to.
    """

    def __init__(self, embedder: TokenEmbedder) -> None:
        self.model = embedder
        """The other embedder."""
        self._of_one = lru_cache(maxsize=MOST_QUESTIONS)(self._embed_one)

    @property
    def model_id(self) -> str:
        """Name and fingerprint."""
        return self.model.model_id

    @property
    def dim(self) -> int:
        """Width of every vector returned."""
        return self.model.dim

    @property
    def tokens(self) -> TokenCounter:
        """The model's own tokenizer."""
        return self.model.tokens

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639-1 codes of the languages it was made for; None if it does not say."""
        return self.model.languages

    def embed_documents(self, texts: Sequence[str], /) -> Vectors:
        """Embed passages; returns shape (len(texts), dim)."""
        return self.model.embed_documents(texts)

    def embed_queries(self, texts: Sequence[str], /) -> Vectors:
        """Embed questions; returns shape (len(texts), dim)."""
        return self.model.embed_queries(texts)

    def embed_document_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        """Embed passages: what ``embed_documents`` returns, and the tokens of each."""
        return self.model.embed_document_tokens(texts)

    def embed_query_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        """Embed questions: what ``embed_queries`` returns, and the tokens of each."""
        if len(texts) == 1 and len(texts[0]) <= LONGEST_QUESTION:
            vectors, tokens = self._of_one(texts[0])
            return vectors, [tokens]
        return self.model.embed_query_tokens(texts)

    def _embed_one(self, text: str) -> tuple[Vectors, TokenVectors]:
        vectors, [tokens] = self.model.embed_query_tokens([text])
        for shared in (vectors, tokens.ids, tokens.starts, tokens.rows):
            shared.flags.writeable = False
        return vectors, tokens
