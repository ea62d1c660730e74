"""Runs an exported embedding model."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from briefqa.backends.onnx.files import Fields, open_model
from briefqa.backends.onnx.running import OpenedModel, encodable, run_batches
from briefqa.protocols import TokenVectors, Vectors

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Card:
    """What ``model.json`` says of an embedder."""

    model_id: str
    dim: int
    window: int
    max_tokens: int
    query_prompt: str
    document_prompt: str
    has_tokens: bool
    is_alone: bool
    languages: frozenset[str] | None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        return cls(
            model_id=str(fields["model_id"]),
            dim=int(fields["dim"]),
            window=int(fields["window"]),
            max_tokens=int(fields["max_tokens"]),
            query_prompt=str(fields["prompts"]["query"]),
            document_prompt=str(fields["prompts"]["document"]),
            has_tokens=bool(fields["tokens"]),
            is_alone=bool(fields.get("alone", False)),
            languages=None if fields["languages"] is None else frozenset(fields["languages"]),
        )


class WordPieceCounter:
    """Cuts text with a model's tokenizer, without window, padding or special tokens."""

    def __init__(self, tokenizer: "Tokenizer", max_tokens: int) -> None:
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens

    @property
    def max_tokens(self) -> int:
        """Most tokens of text that the model reads; special tokens are already taken off."""
        return self._max_tokens

    def offsets(self, texts: Sequence[str], /) -> list[list[int]]:
        """Return, for each text, the code point at which each token starts, ascending."""
        encodings = self._tokenizer.encode_batch(
            [encodable(text) for text in texts], add_special_tokens=False
        )
        return [[start for start, _ in encoding.offsets] for encoding in encodings]


class OnnxEmbedder:
    """An exported model, ready to embed; safe to use from several threads."""

    def __init__(self, card: _Card, opened: OpenedModel) -> None:
        self._card = card
        self._opened = opened
        self._tokens = WordPieceCounter(opened.tokenizer, card.max_tokens)
        self._warned = False

    @classmethod
    def open(cls, folder: Path, *, threads: int | None = None) -> "OnnxEmbedder":
        """Open the model in ``folder``, once its files match their checksums.

        Args:
            folder: Where an export was written.
            threads: How many batches may run at a time, each on one core; by default as
                many as there are cores that this process may use.

        Returns:
            An `OnnxTokenEmbedder` if the graph also gives the vectors of tokens.

        Raises:
            IndexDamagedError: If a file is missing or has changed; it names the file.
            BackendError: If onnxruntime cannot load an undamaged graph.
        """
        card, opened = open_model(folder, _Card.read, threads=threads)
        return OnnxTokenEmbedder(card, opened) if card.has_tokens else OnnxEmbedder(card, opened)

    @property
    def model_id(self) -> str:
        """Name and fingerprint, as in the export."""
        return self._card.model_id

    @property
    def dim(self) -> int:
        """Width of every vector returned."""
        return self._card.dim

    @property
    def tokens(self) -> WordPieceCounter:
        """The model's own tokenizer."""
        return self._tokens

    def embed_documents(self, texts: Sequence[str], /) -> Vectors:
        """Embed passages; returns shape (len(texts), dim).

        Passages beyond the window lose their tail, which is logged once:
        chunks are cut so that this does not happen.
        """
        return self._embed(self._encode_documents(texts))

    def embed_queries(self, texts: Sequence[str], /) -> Vectors:
        """Embed questions, each up to the model's window; returns shape (len(texts), dim)."""
        return self._embed(self._encode(self._card.query_prompt, texts))

    def _encode_documents(self, texts: Sequence[str], *, with_starts: bool = False) -> list[Any]:
        encodings = self._encode(self._card.document_prompt, texts, with_starts=with_starts)
        if not self._warned and any(encoding.overflowing for encoding in encodings):
            self._warned = True
            _log.warning("passages longer than the model's window were cut off when embedded")
        return encodings

    def _encode(self, prompt: str, texts: Sequence[str], *, with_starts: bool = False) -> list[Any]:
        whole = [encodable(prompt + text) for text in texts]
        found = _encoded(self._opened.tokenizer, whole, with_starts=with_starts)
        beyond = [place for place, each in enumerate(found) if len(each) > self._card.window]
        if beyond:
            cut = _encoded(self._cutting, [whole[each] for each in beyond], with_starts=with_starts)
            for place, encoding in zip(beyond, cut, strict=True):
                found[place] = encoding
        return found

    @cached_property
    def _cutting(self) -> "Tokenizer":
        """The tokenizer for texts beyond the window: few are, and it takes long to make."""
        from tokenizers import Tokenizer  # noqa: PLC0415 - as where the model is opened

        tokenizer = Tokenizer.from_str(self._opened.tokenizer_json)
        tokenizer.enable_truncation(self._card.window)
        return tokenizer

    def _embed(self, encodings: Sequence[Any]) -> Vectors:
        rows = np.empty((len(encodings), self.dim), dtype=np.float32)
        for positions, outputs in run_batches(self._opened, encodings, alone=self._card.is_alone):
            rows[positions] = outputs[0]
        return rows


class OnnxTokenEmbedder(OnnxEmbedder):
    """An exported model whose graph also gives the vectors of tokens."""

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639-1 codes of the languages it was made for; None if it does not say."""
        return self._card.languages

    def embed_document_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        """Embed passages: what ``embed_documents`` returns, and the tokens of each."""
        prompt = self._card.document_prompt
        return self._embed_tokens(self._encode_documents(texts, with_starts=True), prompt)

    def document_tokens(
        self, texts: Sequence[str], rows: Sequence[Vectors], /
    ) -> list[TokenVectors]:
        """Return the tokens of passages whose vectors another engine gave, special ones too."""
        prompt = self._card.document_prompt
        encodings = self._encode_documents(texts, with_starts=True)
        return [_of_text(each, own, prompt) for each, own in zip(encodings, rows, strict=True)]

    def embed_query_tokens(self, texts: Sequence[str], /) -> tuple[Vectors, list[TokenVectors]]:
        """Embed questions: what ``embed_queries`` returns, and the tokens of each."""
        prompt = self._card.query_prompt
        return self._embed_tokens(self._encode(prompt, texts, with_starts=True), prompt)

    def _embed_tokens(
        self, encodings: Sequence[Any], prompt: str
    ) -> tuple[Vectors, list[TokenVectors]]:
        rows = np.empty((len(encodings), self.dim), dtype=np.float32)
        found: dict[int, TokenVectors] = {}
        for positions, (vectors, tokens) in run_batches(
            self._opened, encodings, alone=self._card.is_alone
        ):
            rows[positions] = vectors
            for position, own in zip(positions, tokens, strict=True):
                found[position] = _of_text(encodings[position], own, prompt)
        return rows, [found[position] for position in range(len(encodings))]


def _encoded(tokenizer: "Tokenizer", texts: Sequence[str], *, with_starts: bool) -> list[Any]:
    # The fast way does not say where in a text a token begins.
    encode = tokenizer.encode_batch if with_starts else tokenizer.encode_batch_fast
    return encode(texts)


def _of_text(encoding: Any, rows: Vectors, prompt: str) -> TokenVectors:  # noqa: ANN401 - as above
    """Return the tokens of the text alone, without the special ones and those of the prompt."""
    starts = np.array([start for start, _ in encoding.offsets], dtype=np.int32) - len(prompt)
    is_text = (np.array(encoding.special_tokens_mask) == 0) & (starts >= 0)
    ids = np.array(encoding.ids, dtype=np.int32)
    return TokenVectors(ids[is_text], starts[is_text], rows[is_text])
