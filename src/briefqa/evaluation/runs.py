"""What a run over a question set found, and the folder it is kept in.

```
run.json         what was run: data set, index, settings, version, counts, times
run.trec         the ranking of documents: query Q0 document rank score name
questions.jsonl  one `QuestionRecord` a line, in the order of the set
metrics.json     the `Summary`
```

The folder is written whole or not at all; while a run is under way its questions
collect in ``questions.partial.jsonl``, from which it can be taken up again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from briefqa.datatypes import JsonValue

FORMAT = 1
RUN, RANKING, QUESTIONS, METRICS = "run.json", "run.trec", "questions.jsonl", "metrics.json"
PARTIAL = "questions.partial.jsonl"


@dataclass(frozen=True, slots=True)
class RankedPassage:
    """A passage as it was found: ``start`` and ``end`` its span, ``scores`` those of each stage.

    ``tokens`` is its length in tokens of the embedding model, where that is known.
    ``duplicates`` are the chunks that it stands for. Of those past the tenth, ``text``
    and ``scores`` are left out: the file would be mostly made of them.
    """

    rank: int
    doc_id: str
    chunk_id: str
    start: int
    end: int
    score: float
    scores: Mapping[str, float]
    text: str
    tokens: int | None = None
    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CitedQuote:
    """A citation of an answer: where it points, and what it quotes."""

    number: int
    doc_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What was answered to a question, or that it was declined."""

    answered: bool
    confidence: float
    text: str
    citations: tuple[CitedQuote, ...]


@dataclass(frozen=True, slots=True)
class ExpectedReference:
    """What a question set says would be right; ``start`` and ``end`` are None for a bare quote."""

    doc_id: str
    text: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class QuestionRecord:
    """One question of a run: what would be right, what was found, and what that is worth.

    ``measures`` has no entry where a measure does not apply to the question.
    ``failed`` says why there is no result, if there is none. ``took_ms`` is by
    stage, with ``total``. ``problems`` say what of the set could not be used: a
    reference that has no place in the documents counts as not found.
    """

    query_id: str
    text: str
    is_answerable: bool | None
    relevant: Mapping[str, int]
    references: tuple[ExpectedReference, ...]
    passages: tuple[RankedPassage, ...]
    answer: GivenAnswer | None
    measures: Mapping[str, float]
    took_ms: Mapping[str, float]
    failed: str | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over ``questions`` questions, and its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float
    questions: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run comes to.

    ``measures`` are means by name. ``abstention`` holds single figures over all
    questions; it is empty where the set does not say what can be answered.
    ``curves`` hold points for plots: ``recall_by_k`` (k, recall), ``risk_coverage``
    (coverage, risk), ``calibration`` (mean confidence, share answerable, questions).
    ``latency_ms`` holds percentiles by stage.
    """

    measures: Mapping[str, Estimate]
    abstention: Mapping[str, float]
    curves: Mapping[str, tuple[tuple[float, ...], ...]]
    latency_ms: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its folder holds it; ``about`` is the content of ``run.json``."""

    name: str
    about: Mapping[str, JsonValue]
    questions: tuple[QuestionRecord, ...]
    summary: Summary
