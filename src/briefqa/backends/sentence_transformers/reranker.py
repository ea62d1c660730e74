"""Plug-in ``sentence-transformers`` for rerankers: any CrossEncoder, by name or path.

This is the reference: the model as sentence-transformers itself runs it.
``identify`` imports no torch; ``load`` and what it returns do.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from briefqa.backends.sentence_transformers.reading import encodable, fast_copy, window_of
from briefqa.backends.sentence_transformers.silence import transformers_silenced
from briefqa.backends.sentence_transformers.weights import ModelFiles, resolve_reranker
from briefqa.errors import BackendError

if TYPE_CHECKING:
    import torch
    from sentence_transformers import CrossEncoder
    from tokenizers import Tokenizer

_HEAD = "ForSequenceClassification"


class SentenceTransformersReranker:
    """A CrossEncoder on the GPU if there is one, else on the CPU.

    Its scores are the logistic function of its logits, whatever function the model
    itself would put after them: most leave them as they are, and those have no bounds.
    """

    def __init__(self, files: ModelFiles) -> None:
        """Load the model in ``files``.

        Raises:
            BackendError: If sentence-transformers cannot load it, or it is no reranker.
        """
        self.files = files
        try:
            with transformers_silenced():
                from sentence_transformers import CrossEncoder  # noqa: PLC0415

                # float32 whatever the weights were saved in: no score depends on the device.
                self.model = CrossEncoder(
                    str(files.folder), local_files_only=True, model_kwargs={"dtype": "float32"}
                )
                self.model.eval()
                labels, head = self.model.num_labels, _missing_head(self.model)
        except Exception as error:
            # The library raises whatever a model's code raises; chained, never swallowed.
            msg = (
                f"sentence-transformers cannot load the reranker {files.name!r} from "
                f"{str(files.folder)!r}: {error}; give another model with --reranker"
            )
            raise BackendError(msg) from error
        if head is not None:
            msg = (
                f"{files.name!r} is a {head} without the layer that scores a pair, expected a "
                f"CrossEncoder (…{_HEAD}); give a model that was trained to rank with --reranker"
            )
            raise BackendError(msg)
        if labels != 1:
            msg = (
                f"{files.name!r} gives {labels} labels, expected 1, the score of a passage; "
                "give a model that was trained to rank with --reranker"
            )
            raise BackendError(msg)

    @property
    def reranker_id(self) -> str:
        """Name and fingerprint of the weights."""
        return self.files.model_id

    @property
    def window(self) -> int:
        """Tokens of question and passage that the model takes, special tokens counted."""
        return window_of(self.model.max_seq_length)

    @property
    def query_prompt(self) -> str:
        """Text that the model wants before a question."""
        return str(self.model.prompts.get(self.model.default_prompt_name or "", ""))

    def score(self, question: str, passages: Sequence[str], /) -> NDArray[np.float32]:
        """Return how well each passage answers, shape (len(passages),), each in [0, 1]."""
        import torch  # noqa: PLC0415

        return self._predicted(question, passages, torch.nn.Sigmoid())

    def logits(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return what the scores are made of, shape (len(passages),)."""
        import torch  # noqa: PLC0415

        return self._predicted(question, passages, torch.nn.Identity())

    def fast_tokenizer(self) -> "Tokenizer | None":
        """Return a copy of the tokenizer without window and padding, if it is a fast one."""
        return fast_copy(self.model.tokenizer)

    def export(self, folder: Path) -> None:
        """Write a graph that gives the same scores into the empty ``folder``.

        Raises:
            ExportError: If there is no such graph; the folder is then of no use.
        """
        from briefqa.backends.sentence_transformers.reranker_export import (  # noqa: PLC0415
            export,
        )

        export(self, folder)

    def _predicted(
        self, question: str, passages: Sequence[str], activation: "torch.nn.Module"
    ) -> NDArray[np.float32]:
        if not passages:
            return np.empty(0, dtype=np.float32)
        scores = self.model.predict(
            [(encodable(question), encodable(passage)) for passage in passages],
            activation_fn=activation,
            show_progress_bar=False,
        )
        return np.asarray(scores, dtype=np.float32)


def identify(argument: str, /) -> str:
    """Return the id of ``sentence-transformers:argument`` without loading it.

    Args:
        argument: A model's name or path.

    Returns:
        ``sentence-transformers:NAME@FINGERPRINT``, where the fingerprint is the
        first twelve hex digits of a SHA-256 over the model's files.

    Raises:
        SettingsError: If the argument is empty: there is no default reranker.
        WeightsError: If the files are missing.
        BackendError: If the model is neither here nor can be downloaded.
    """
    return resolve_reranker(argument).model_id


def load(argument: str, /) -> SentenceTransformersReranker:
    """Load a CrossEncoder through sentence-transformers.

    Args:
        argument: A model's name or path.

    Raises:
        SettingsError: If the argument is empty: there is no default reranker.
        WeightsError: If the files are missing.
        BackendError: If the model cannot be found or loaded, or is no reranker.
    """
    return SentenceTransformersReranker(resolve_reranker(argument))


def _missing_head(model: "CrossEncoder") -> str | None:
    """Name the architecture of a model whose scoring layer was made up; None if it has one.

    The library gives a model without such a layer one with random weights, and says so
    only in a log: each run would then rank differently.
    """
    if type(model[-1]).__name__ != "Transformer":
        # A module of its own scores, as for language models.
        return None
    saved = next(iter(getattr(model.config, "architectures", None) or ()), "model of no known kind")
    return None if saved.endswith(_HEAD) else saved
