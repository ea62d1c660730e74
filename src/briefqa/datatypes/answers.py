"""Answers, sentence by sentence, and the receipts of these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from briefqa.datatypes.documents import ChunkId, DocumentInfo, Span
from briefqa.datatypes.prompts import ModelFault
from briefqa.datatypes.retrieval import Condition, IndexInfo, Passage, Place, StageTime


@dataclass(frozen=True, slots=True)
class Citation:
    """A receipt: ``span.of(text) == quote`` in the text that the hash names."""

    number: int
    chunk_id: ChunkId
    document: DocumentInfo
    place: Place
    span: Span
    quote: str


class Verdict(StrEnum):
    """How the words cited bear on a sentence of the answer."""

    SUPPORTED = "supported"
    PARTLY = "partly"
    UNSUPPORTED = "unsupported"
    CONTRADICTED = "contradicted"
    UNJUDGED = "unjudged"
    """Nobody looked, because the policy is off."""


class Policy(StrEnum):
    """What becomes of a language model's sentence that its citations do not support."""

    STRICT = "strict"
    """It is withheld, and where nothing is left the answer is an extractive one."""
    FLAG = "flag"
    """It is shown with its verdict."""
    OFF = "off"
    """It is not judged; what it cites is quoted all the same."""


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence of an answer and the numbers of its citations.

    ``detail`` says what a verdict other than supported rests on. ``dated`` is the date of
    the document, as far as known, where documents differ on what the sentence says.
    """

    text: str
    citations: tuple[int, ...]
    verdict: Verdict
    detail: str | None = None
    dated: str | None = None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Citations that say different things of one matter, the newest first.

    ``said`` has the words in which each differs, in the order of ``citations``.
    """

    about: str
    citations: tuple[int, ...]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and everything needed to check it.

    ``confidence`` is the estimated probability in [0, 1] that the documents
    answer the question. When ``answered`` is false, ``text`` and ``sentences``
    are empty, ``reason`` says why, ``missing`` names what of the question no passage
    holds, and the passages are the nearest ones. All comes from documents that satisfy
    all ``conditions``; ``undated`` is as in a search result, and ``superseded`` counts
    documents left out because a newer one takes their place.

    ``asked`` is the question made self-contained, where it leant on those before it.
    ``model`` wrote the sentences, if any did; ``withheld`` are those of its sentences
    that were not supported, and ``fault`` is what went wrong with it. ``stages`` has the
    times of ``took_ms`` more finely, in order.
    """

    question: str
    answered: bool
    text: str
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    confidence: float
    reason: str | None
    model: str | None
    index: IndexInfo
    took_ms: Mapping[str, float]
    conditions: tuple[Condition, ...] = ()
    undated: int = 0
    superseded: int = 0
    asked: str | None = None
    missing: tuple[str, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    withheld: tuple[AnswerSentence, ...] = ()
    fault: ModelFault | None = None
    stages: tuple[StageTime, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PassagesFound:
    """The passages of an answer that is still to come, and ``asked`` as in the answer."""

    passages: tuple[Passage, ...]
    index: IndexInfo
    asked: str | None = None


@dataclass(frozen=True, slots=True)
class SentenceSaid:
    """A sentence of an answer under way, judged, and the citations that are new with it."""

    sentence: AnswerSentence
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class StillWriting:
    """Nothing new for about a second: whoever waits may see whether to wait on."""


AnswerEvent = PassagesFound | SentenceSaid | StillWriting | Answer
"""What an answer under way yields: the passages, each sentence, and at last itself."""
