"""An embedder whose texts are embedded by workers, wherever they are."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from briefqa.backends.ray.workers import WorkerLostError, Workers
from briefqa.protocols import Embedder, TokenCounter, TokenEmbedder, TokenVectors, Vectors

_MOST_LOST = 3
"""How many workers in a row may be lost over the same texts."""


class RemoteEmbedder:
    """The model of an embedder of this machine, at work on others; safe to use from many threads.

    Only documents go there: a question is sooner embedded here.
    """

    def __init__(self, here: Embedder, workers: Workers) -> None:
        self._here = here
        self._workers = workers

    @property
    def model_id(self) -> str:
        """Name and fingerprint."""
        return self._here.model_id

    @property
    def dim(self) -> int:
        """Width of every vector returned."""
        return self._here.dim

    @property
    def tokens(self) -> TokenCounter:
        """The model's own tokenizer."""
        return self._here.tokens

    def embed_documents(self, texts: Sequence[str], /) -> Vectors:
        """Embed passages; returns shape (len(texts), dim).

        Raises:
            ClusterError: If no worker is left, or several are lost over these texts.
        """
        rows: Vectors = self._asked("embed", list(texts))
        return rows

    def embed_queries(self, texts: Sequence[str], /) -> Vectors:
        """Embed questions; returns shape (len(texts), dim)."""
        return self._here.embed_queries(texts)

    def _asked(self, method: str, texts: list[str]) -> Any:  # noqa: ANN401 - what the method gives
        lost: WorkerLostError | None = None
        for _ in range(_MOST_LOST):
            try:
                with self._workers.borrowed() as worker:
                    return worker.call(method, texts)
            except WorkerLostError as error:
                lost = error
        detail = (
            f"{_MOST_LOST} workers in a row ended over the same texts ({lost}); see that the "
            "machines are up and have memory, and repeat the command, which goes on where it was"
        )
        raise self._workers.cluster.error(detail) from lost


class RemoteTokenEmbedder(RemoteEmbedder):
    """The same for one that also gives the vectors of tokens: of these only signs are sent."""

    def __init__(self, here: TokenEmbedder, workers: Workers) -> None:
        super().__init__(here, workers)
        self._with_tokens = here

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639-1 codes of the languages it was made for; None if it does not say."""
        return self._with_tokens.languages

    def embed_document_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        """Embed passages: what ``embed_documents`` returns, and the tokens of each.

        An index keeps of a token's vector its signs, and the rows here have these and no more.
        """
        rows, tokens = self._asked("embed_tokens", list(texts))
        return rows, [
            TokenVectors(ids, starts, _of_signs(signs, self.dim)) for ids, starts, signs in tokens
        ]

    def embed_query_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        """Embed questions: what ``embed_queries`` returns, and the tokens of each."""
        return self._with_tokens.embed_query_tokens(texts)


def _of_signs(signs: NDArray[np.uint8], dim: int) -> Vectors:
    """Return unit vectors of equal parts, with these signs, packed eight to a byte."""
    bits = np.unpackbits(signs, axis=1, count=dim)
    return (bits.astype(np.float32) * 2 - 1) / np.float32(np.sqrt(dim))
