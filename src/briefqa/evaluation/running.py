"""Asks every question of a set, and measures what comes back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from briefqa.datatypes import DocId
from briefqa.errors import QuestionError, ReplyError
from briefqa.evaluation.datasets import Dataset, Query
from briefqa.evaluation.placing import PlacedReference, Placer, read_record_texts
from briefqa.evaluation.runs import (
    ExpectedReference,
    GivenAnswer,
    QuestionRecord,
    RankedPassage,
)
from briefqa.evaluation.scoring import score_answer, score_passages
from briefqa.protocols import Progress, ProgressListener

KEPT_WHOLE = 10
"""How many passages of a question are kept with their text."""

_STAGE = "asking"


@dataclass(frozen=True, slots=True)
class Found:
    """The passages for a question, best first, and what they took, with ``total``."""

    passages: tuple[RankedPassage, ...]
    took_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, and what it took, with ``total``."""

    answer: GivenAnswer
    took_ms: Mapping[str, float]


class Asker(Protocol):
    """What a run asks: an index, or a server."""

    def search(self, question: str, /, *, top_k: int) -> Found:
        """Return the ``top_k`` best passages."""
        ...

    def ask(self, question: str, /, *, top_k: int) -> Asked:
        """Answer, or decline."""
        ...

    def text(self, doc_id: str, /) -> str:
        """Return the canonical text of a document; UnknownDocumentError if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How questions are asked.

    ``top_k`` passages are ranked, of which a user would see ``shown``; the answer is asked
    for as well if ``answers``.
    """

    top_k: int = 100
    shown: int = 5
    answers: bool = False


def wants_answers(dataset: Dataset) -> bool:
    """Tell whether answers can be measured: by what can be answered, or by references."""
    return any(q.references or q.is_answerable is not None for q in dataset.queries)


def run_queries(  # noqa: PLR0913 - what to ask, whom, how, and what is known already
    dataset: Dataset,
    asker: Asker,
    *,
    options: RunOptions,
    known: Mapping[str, QuestionRecord] | None = None,
    keep: Callable[[QuestionRecord], None] | None = None,
    on_progress: ProgressListener | None = None,
) -> list[QuestionRecord]:
    """Return a record for each query, in the order of the set.

    A question that is refused is recorded as failed, and the rest goes on.

    Args:
        dataset: What to ask.
        asker: Whom to ask.
        options: How to ask.
        known: Records of an earlier attempt, by query id; those that failed are asked again.
        keep: Given each new record as soon as it is there.
        on_progress: Told of stage ``asking`` (questions).

    Raises:
        DatasetError: If the documents of the set cannot be read.
        BackendError: If there is nothing to ask any more.
        IndexFileError: If the index cannot be used.
    """
    placer = Placer(asker.text, _record_texts(dataset))
    records: list[QuestionRecord] = []
    for done, query in enumerate(dataset.queries):
        if on_progress is not None:
            on_progress(Progress(_STAGE, done, len(dataset.queries)))
        record = (known or {}).get(query.query_id)
        if record is None or record.failed is not None:
            placed = [placer.place(reference) for reference in query.references]
            record = _ask(query, placed, asker, options)
            if keep is not None:
                keep(record)
        records.append(record)
    if on_progress is not None:
        on_progress(Progress(_STAGE, len(records), len(records)))
    return records


def _record_texts(dataset: Dataset) -> dict[DocId, str]:
    """Return the texts that the set counts its spans in, where it has them."""
    wanted = {r.doc_id for q in dataset.queries for r in q.references if r.span is not None}
    if dataset.corpus is None or not dataset.corpus.is_file() or not wanted:
        return {}
    return read_record_texts(dataset.corpus, wanted)


def _ask(
    query: Query, placed: Sequence[PlacedReference], asker: Asker, options: RunOptions
) -> QuestionRecord:
    record = QuestionRecord(
        query_id=query.query_id,
        text=query.text,
        is_answerable=query.is_answerable,
        relevant={str(doc_id): grade for doc_id, grade in query.relevant.items()},
        references=tuple(_expected(each) for each in placed),
        passages=(),
        answer=None,
        measures={},
        took_ms={},
        problems=tuple(each.problem for each in placed if each.problem is not None),
    )
    try:
        found = asker.search(query.text, top_k=options.top_k)
        asked = asker.ask(query.text, top_k=options.shown) if options.answers else None
    except (QuestionError, ReplyError) as error:
        return replace(record, failed=str(error))
    measures = score_passages(
        query, placed, found.passages, depth=options.top_k, shown=options.shown
    )
    record = replace(
        record, passages=_kept(found.passages), measures=measures, took_ms=found.took_ms
    )
    if asked is None:
        return record
    return replace(
        record,
        answer=asked.answer,
        measures={**measures, **score_answer(query, placed, asked.answer)},
        took_ms={"search": found.took_ms["total"], **asked.took_ms},
    )


def _expected(placed: PlacedReference) -> ExpectedReference:
    """Return a reference as the record has it: with offsets in the canonical text."""
    reference = placed.reference
    if reference.span is None or not placed.places:
        return ExpectedReference(reference.doc_id, reference.text)
    place = placed.places[0]
    return ExpectedReference(reference.doc_id, reference.text, place.start, place.end)


def _kept(passages: Sequence[RankedPassage]) -> tuple[RankedPassage, ...]:
    """Return the passages as they are kept: the first with their text, the rest without."""
    rest = (replace(each, text="", scores={}) for each in passages[KEPT_WHOLE:])
    return (*passages[:KEPT_WHOLE], *rest)
