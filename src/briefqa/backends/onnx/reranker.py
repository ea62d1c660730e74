"""Runs an exported reranking model."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from briefqa.backends.onnx.files import Fields, open_model
from briefqa.backends.onnx.running import OpenedModel, encodable, run_batches


@dataclass(frozen=True, slots=True)
class _Card:
    """What ``model.json`` says of a reranker."""

    reranker_id: str
    window: int
    query_prompt: str

    @classmethod
    def read(cls, fields: Fields) -> Self:
        return cls(
            reranker_id=str(fields["reranker_id"]),
            window=int(fields["window"]),
            query_prompt=str(fields["prompts"]["query"]),
        )


class OnnxReranker:
    """An exported model, ready to score; safe to use from several threads."""

    def __init__(self, card: _Card, opened: OpenedModel) -> None:
        self._card = card
        self._opened = opened
        # As the reference cuts pairs: the longer of the two loses its tail first, so a
        # question that is shorter than its passage stays whole.
        opened.tokenizer.enable_truncation(card.window, strategy="longest_first")

    @classmethod
    def open(cls, folder: Path, *, threads: int | None = None) -> Self:
        """Open the model in ``folder``, once its files match their checksums.

        Args:
            folder: Where an export was written.
            threads: How many batches may run at a time, each on one core; by default as
                many as there are cores that this process may use.

        Raises:
            IndexDamagedError: If a file is missing or has changed; it names the file.
            BackendError: If onnxruntime cannot load an undamaged graph.
        """
        return cls(*open_model(folder, _Card.read, threads=threads))

    @property
    def reranker_id(self) -> str:
        """Name and fingerprint, as in the export."""
        return self._card.reranker_id

    def score(self, question: str, passages: Sequence[str], /) -> NDArray[np.float32]:
        """Return how well each passage answers, shape (len(passages),), each in [0, 1]."""
        asked = encodable(self._card.query_prompt + question)
        encodings = self._opened.tokenizer.encode_batch_fast(
            [(asked, encodable(p)) for p in passages]
        )
        logits = np.empty(len(encodings), dtype=np.float32)
        for positions, outputs in run_batches(self._opened, encodings):
            logits[positions] = outputs[0]
        # Bounds that no sound logit reaches, and within which nothing overflows.
        bounded = np.clip(logits.astype(np.float64), -700.0, 700.0)
        return (1.0 / (1.0 + np.exp(-bounded))).astype(np.float32)
