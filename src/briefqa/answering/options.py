"""What is said beside a question: how to answer it, and with which models."""

from dataclasses import dataclass

from briefqa.answering.abstention import CALIBRATION, Calibration
from briefqa.datatypes import Condition, Policy, Turn
from briefqa.protocols import Embedder, LanguageModel, Reranker
from briefqa.retrieval import DEFAULT_RERANK_TOP


@dataclass(frozen=True, slots=True)
class Writer:
    """A language model, and what it may take for an answer: tokens, and seconds in all."""

    model: LanguageModel
    max_tokens: int = 512
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Models:
    """What works on a question; without a ``writer`` the answer is an extractive one."""

    embedder: Embedder
    reranker: Reranker | None = None
    writer: Writer | None = None
    calibration: Calibration = CALIBRATION


@dataclass(frozen=True, slots=True)
class Options:
    """How a question is to be answered.

    ``k`` is how many passages to show, from 1 to 100. Only documents that satisfy all of
    ``where`` are looked at. ``rerank_top`` passages are ordered anew where there is a
    reranker, from 1 to 100. ``history`` is the conversation so far, the oldest turn first.
    ``risk`` is the share of answers given that may be none of the documents', unset for the
    default. ``policy`` is for the sentences of a language model.
    """

    k: int = 5
    where: tuple[Condition, ...] = ()
    rerank_top: int = DEFAULT_RERANK_TOP
    history: tuple[Turn, ...] = ()
    risk: float | None = None
    policy: Policy = Policy.STRICT
