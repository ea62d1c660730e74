"""Runs made of rankings, as a system that changed between them would leave behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from briefqa.datatypes import JsonValue
from briefqa.evaluation.runs import (
    CitedQuote,
    Estimate,
    ExpectedReference,
    GivenAnswer,
    QuestionRecord,
    RankedPassage,
    Run,
    Summary,
)

DATASET = {"name": "made", "sha256": "5e7"}


@dataclass(frozen=True)
class Found:
    """A document as a stage found it, with the text of its passage."""

    doc_id: str
    score: float = 0.5
    stage: str = "dense"
    text: str = "Some words."


def passages(found: Sequence[Found | str]) -> tuple[RankedPassage, ...]:
    """Return one passage for each document, in the order given."""
    known = [Found(each) if isinstance(each, str) else each for each in found]
    return tuple(
        RankedPassage(
            rank=rank,
            doc_id=each.doc_id,
            chunk_id=f"{each.doc_id}#0-{len(each.text)}",
            start=0,
            end=len(each.text),
            score=each.score,
            scores={each.stage: each.score},
            text=each.text,
        )
        for rank, each in enumerate(known, 1)
    )


def record(  # noqa: PLR0913 - a question has that many sides
    query_id: str,
    measures: Mapping[str, float],
    *,
    found: Sequence[Found | str] = (),
    relevant: Sequence[str] = (),
    text: str | None = None,
    references: Sequence[ExpectedReference] = (),
    citations: Sequence[CitedQuote] = (),
    failed: str | None = None,
    total_ms: float = 5.0,
) -> QuestionRecord:
    """Return the record of a question."""
    answer = None
    if citations:
        answer = GivenAnswer(
            answered=True, confidence=0.8, text="An answer [1].", citations=tuple(citations)
        )
    return QuestionRecord(
        query_id=query_id,
        text=f"What about {query_id}?" if text is None else text,
        is_answerable=True,
        relevant=dict.fromkeys(relevant, 1),
        references=tuple(references),
        passages=passages(found),
        answer=answer,
        measures=dict(measures),
        took_ms={"total": total_ms},
        failed=failed,
    )


def run(
    name: str, records: Sequence[QuestionRecord], *, about: Mapping[str, JsonValue] | None = None
) -> Run:
    """Return a run of ``records``, with the means of their measures and some curves."""
    values: dict[str, list[float]] = {}
    for each in records:
        for measure, value in each.measures.items():
            values.setdefault(measure, []).append(value)
    measures = {
        measure: Estimate(sum(found) / len(found), min(found), max(found), len(found))
        for measure, found in values.items()
    }
    curves = {
        "recall_by_k": ((1.0, 0.4), (5.0, 0.6), (10.0, 0.7)),
        "risk_coverage": ((0.5, 0.1), (1.0, 0.3)),
        "calibration": ((0.2, 0.3, 5.0), (0.8, 0.7, 5.0)),
    }
    dataset: dict[str, JsonValue] = dict(DATASET)
    return Run(
        name,
        {"dataset": dataset, **(about or {})},
        tuple(records),
        Summary(measures, {}, curves, {}),
    )


def run_of(name: str, values: Sequence[float], *, measure: str = "ndcg@10") -> Run:
    """Return a run with one measure and a question for each value."""
    return run(name, [record(str(q), {measure: value}) for q, value in enumerate(values)])
