"""The reference embedder: a model as sentence-transformers itself runs it."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from briefqa.backends.sentence_transformers.reading import (
    encodable,
    fast_copy,
    languages_of,
    window_of,
)
from briefqa.backends.sentence_transformers.silence import transformers_silenced
from briefqa.backends.sentence_transformers.weights import ModelFiles
from briefqa.errors import BackendError
from briefqa.protocols import TokenCounter, Vectors

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_WORD = re.compile(r"\S+")


class FastTokenCounter:
    """Cuts text with a tokenizer of the tokenizers library."""

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


class SlowTokenCounter:
    """Cuts text word by word, for tokenizers that cannot tell where a token came from.

    Each word's tokens are spread over it, so counts hold and offsets are close.
    """

    def __init__(self, tokenize: Callable[[str], Sequence[object]], max_tokens: int) -> None:
        self._tokenize = tokenize
        self._max_tokens = max_tokens

    @property
    def max_tokens(self) -> int:
        """Most tokens of text that the model reads; special tokens are already taken off."""
        return self._max_tokens

    def offsets(self, texts: Sequence[str], /) -> list[list[int]]:
        """Return, for each text, about the code point at which each token starts, ascending."""
        return [
            [
                word.start() + part * len(word[0]) // count
                for word in _WORD.finditer(text)
                if (count := len(self._tokenize(encodable(word[0]))))
                for part in range(count)
            ]
            for text in texts
        ]


class SentenceTransformersEmbedder:
    """A sentence-transformers model on the GPU if there is one, else on the CPU.

    Safe to use from several threads, of which one at a time embeds.
    """

    def __init__(self, files: ModelFiles) -> None:
        """Load the model in ``files``.

        Raises:
            BackendError: If sentence-transformers cannot load it.
        """
        self.files = files
        # The library sets its tokenizer up anew for each call.
        self._one_at_a_time = Lock()
        try:
            with transformers_silenced():
                from sentence_transformers import SentenceTransformer  # noqa: PLC0415

                # float32 whatever the weights were saved in: no vector depends on the device.
                self.model = SentenceTransformer(
                    str(files.folder), local_files_only=True, model_kwargs={"dtype": "float32"}
                )
                self.model.eval()
                self._dim = self._width()
        except Exception as error:
            # The library raises whatever a model's code raises; chained, never swallowed.
            msg = (
                f"sentence-transformers cannot load {files.name!r} from "
                f"{str(files.folder)!r}: {error}; give another model with --embedder"
            )
            raise BackendError(msg) from error
        self._tokens = self._counter()

    @property
    def model_id(self) -> str:
        """Name and fingerprint of the weights."""
        return self.files.model_id

    @property
    def dim(self) -> int:
        """Width of every vector returned."""
        return self._dim

    @property
    def tokens(self) -> TokenCounter:
        """The model's own tokenizer."""
        return self._tokens

    @property
    def window(self) -> int:
        """Tokens the model takes, special tokens counted."""
        return window_of(self.model.max_seq_length)

    @property
    def device(self) -> str:
        """Where it runs: "cpu", or the kind of GPU."""
        return str(self.model.device.type)

    @property
    def query_prompt(self) -> str:
        """Text that the model wants before a question."""
        return self._prompt("query")

    @property
    def document_prompt(self) -> str:
        """Text that the model wants before a passage."""
        return self._prompt("document", "passage", "corpus")

    @cached_property
    def has_tokens(self) -> bool:
        """Whether the model pools vectors of tokens, of the same width, into that of a text."""
        [(_, tokens)] = self.encoded(["tokens"], prompt="")
        return tokens is not None and tokens.shape[1] == self._dim

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639-1 codes of the languages that the model's card names; None if it does not say."""
        return languages_of(self.files.folder)

    def encoded(self, texts: Sequence[str], *, prompt: str) -> list[tuple[Vectors, Vectors | None]]:
        """Return the unit vector of each text, and those of its tokens, special ones included.

        Tokens are None where the model has no vectors of them.
        """
        found: list[tuple[Vectors, Vectors | None]] = []
        # Any: what a model's modules put there.
        every: Any = self.model.encode(
            [encodable(text) for text in texts],
            prompt=prompt,
            output_value=None,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        for features in every:
            tokens = features.get("token_embeddings")
            if tokens is not None:
                rows = tokens[features["attention_mask"].bool()].cpu().numpy()
                tokens = rows / np.linalg.norm(rows, axis=1, keepdims=True)
            found.append((features["sentence_embedding"].cpu().numpy(), tokens))
        return found

    def embed_documents(self, texts: Sequence[str], /) -> Vectors:
        """Embed passages; returns shape (len(texts), dim)."""
        return self._embed(texts, self.document_prompt, self.model.encode_document)

    def embed_queries(self, texts: Sequence[str], /) -> Vectors:
        """Embed questions; returns shape (len(texts), dim)."""
        return self._embed(texts, self.query_prompt, self.model.encode_query)

    def fast_tokenizer(self) -> "Tokenizer | None":
        """Return a copy of the tokenizer without window and padding, if it is a fast one."""
        return fast_copy(self.model.tokenizer)

    def export(self, folder: Path) -> None:
        """Write a graph that gives the same vectors into the empty ``folder``.

        Raises:
            ExportError: If there is no such graph; the folder is then of no use.
        """
        from briefqa.backends.sentence_transformers.export import export  # noqa: PLC0415

        export(self, folder)

    def _embed(
        self, texts: Sequence[str], prompt: str, encode: Callable[..., "np.ndarray"]
    ) -> Vectors:
        if not texts:
            return np.empty((0, self._dim), dtype=np.float32)
        with self._one_at_a_time:
            rows = encode(
                [encodable(text) for text in texts],
                prompt=prompt,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
        return np.asarray(rows, dtype=np.float32)

    def _width(self) -> int:
        return int(self.model.encode(["width"], show_progress_bar=False).shape[1])

    def _prompt(self, *names: str) -> str:
        # The library looks no further than an empty "document", which every model has, so a
        # model that calls its passages "passage" would be run without its prompt.
        prompts = self.model.prompts
        return next((prompts[name] for name in names if prompts.get(name)), "") or ""

    def _counter(self) -> TokenCounter:
        fast = self.fast_tokenizer()
        if fast is not None:
            special = fast.num_special_tokens_to_add(is_pair=False)
            prompt = len(fast.encode(self.document_prompt, add_special_tokens=False).ids)
            return FastTokenCounter(fast, self.window - special - prompt)
        slow = self.model.tokenizer
        special = len(slow("")["input_ids"])
        return SlowTokenCounter(
            slow.tokenize, self.window - special - len(slow.tokenize(self.document_prompt))
        )
