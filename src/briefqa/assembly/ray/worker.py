"""What a worker does: it reads files and embeds texts, on one core of its machine.

Only built-in types go to and fro, and arrays, so that a machine with another version of
briefqa can still be told from the right ones.
"""

import os
import socket
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from briefqa.assembly.places import kept_here
from briefqa.backends.onnx import OnnxEmbedder
from briefqa.chunking import CHUNKING_VERSION
from briefqa.documents import READER_VERSION, ReadingOptions, SourceFile
from briefqa.documents.isolation import ReaderProcess
from briefqa.documents.isolation.transfer import pack
from briefqa.errors import BackendError
from briefqa.machine import CORES
from briefqa.plugins import embedder_plugin, split_spec
from briefqa.protocols import Embedder, TokenEmbedder, Vectors

SENT_MODELS = "sent-models"
"""Folder of the models that were sent to this machine, each under the SHA-256 of its card."""

# What decides on the text of a document and on a vector.
_DECIDING = (
    "briefqa", "chardet", "kreuzberg", "lxml", "markdown-it-py", "numpy", "onnxruntime",
    "pypdfium2", "pyyaml", "selectolax", "tokenizers",
)  # fmt: skip
_MOST_BYTES = 256_000_000

TokenPart = tuple[Any, Any, Any]
"""Ids, starts and packed signs of the tokens of one text: arrays."""


def versions() -> dict[str, str]:
    """Return the version of each thing that an index depends on; "none" if it is not there."""
    found = {"readers": str(READER_VERSION), "chunking": str(CHUNKING_VERSION)}
    for name in _DECIDING:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


class Worker:
    """Reads and embeds; one call at a time."""

    def __init__(self) -> None:
        # There is a worker for each core.
        os.environ[CORES] = "1"
        self._reader = ReaderProcess()
        self._spec = ""
        self._card: str | None = None
        self._embedder: Embedder | None = None

    def machine(self) -> tuple[str, str]:
        """Return the name of its machine, and what Ray tells it by."""
        import ray  # noqa: PLC0415 - an extra, which every worker has

        return socket.gethostname(), ray.get_runtime_context().get_node_id()

    def versions(self) -> dict[str, str]:
        """Return the version of each thing that an index depends on."""
        return versions()

    def prepare(self, options: Mapping[str, Any], spec: str, card: str | None) -> bool:
        """Say how files are read, and what embeds.

        Args:
            options: Fields of `ReadingOptions`.
            spec: The embedder, as a setting names it.
            card: SHA-256 of the card of its export; None if it has none and runs by itself.

        Returns:
            Whether that is here; if not, it is to be sent with `keep`.
        """
        self._reader = ReaderProcess(ReadingOptions(**options))
        self._spec, self._card = spec, card
        return card is None or _sent(card).is_dir()

    def model_id(self) -> str:
        """Return the id of what this machine has under the name of the embedder."""
        name, argument = split_spec(self._spec)
        return embedder_plugin(name).identify(argument)

    def keep(self, card: str, files: Mapping[str, bytes]) -> None:
        """Keep the files of an export on this machine, for this run and others."""
        folder = _sent(card)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            unfinished = Path(scratch, "model")
            unfinished.mkdir()
            for name, content in files.items():
                (unfinished / name).write_bytes(content)
            # Another worker of this machine may have been faster.
            with suppress(OSError):
                unfinished.rename(folder)

    def read(self, source: str, data: bytes) -> list[bytes] | None:
        """Return packed documents and errors of a file; None if they would be too many to send."""
        packed: list[bytes] = []
        size = 0
        with tempfile.TemporaryDirectory(prefix="briefqa-") as folder:
            path = Path(folder, "document")
            path.write_bytes(data)
            for found in self._reader.read(SourceFile(str(path), source)):
                packed.append(pack(found))
                size += len(packed[-1])
                if size > _MOST_BYTES:
                    return None
        return packed

    def rest(self) -> None:
        """End the process that reads, until there is something to read again."""
        self._reader.close()

    def embed(self, texts: list[str]) -> Vectors:
        """Embed passages; returns shape (len(texts), dim)."""
        return self._model().embed_documents(texts)

    def embed_tokens(self, texts: list[str]) -> tuple[Vectors, list[TokenPart]]:
        """Embed passages, and give of each token its id, its start and the signs of its vector."""
        model = self._model()
        if not isinstance(model, TokenEmbedder):
            msg = "the model gives no vectors of tokens"
            raise BackendError(msg)
        rows, tokens = model.embed_document_tokens(texts)
        return rows, [
            (each.ids, each.starts, np.packbits(each.rows > 0, axis=1)) for each in tokens
        ]

    def _model(self) -> Embedder:
        if self._embedder is None:
            # Its memory is of use to the model.
            self.rest()
            name, argument = split_spec(self._spec)
            self._embedder = (
                embedder_plugin(name).load(argument)
                if self._card is None
                else OnnxEmbedder.open(_sent(self._card))
            )
        return self._embedder


def _sent(card: str) -> Path:
    return kept_here() / SENT_MODELS / card
