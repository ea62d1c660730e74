"""The records of a run become its summary."""

from collections.abc import Sequence

from briefqa.evaluation.abstention import (
    Decision,
    abstention_scores,
    calibration,
    risk_coverage,
)
from briefqa.evaluation.measures import percentiles
from briefqa.evaluation.runs import Estimate, QuestionRecord, Summary
from briefqa.evaluation.scoring import DEPTHS
from briefqa.evaluation.significance import bootstrap_interval

# The most telling first: a document is found far more easily than the words in it.
_RECALLS = ("evidence_recall", "span_recall", "recall")


def summarise(records: Sequence[QuestionRecord]) -> Summary:
    """Return what the questions come to; a measure is averaged where it applies.

    Questions that failed are in none of the figures.
    """
    values: dict[str, list[float]] = {}
    times: dict[str, list[float]] = {}
    for record in records:
        for name, value in record.measures.items():
            values.setdefault(name, []).append(value)
        for stage, took_ms in record.took_ms.items():
            times.setdefault(stage, []).append(took_ms)
    measures = {name: estimate(found) for name, found in values.items()}
    decisions = [
        Decision(r.is_answerable, r.answer.answered, r.answer.confidence)
        for r in records
        if r.answer is not None and r.is_answerable is not None
    ]
    curves: dict[str, tuple[tuple[float, ...], ...]] = {}
    for recall in _RECALLS:
        points = [(k, f"{recall}@{k}") for k in DEPTHS if f"{recall}@{k}" in measures]
        if points and not curves:
            curves["recall_by_k"] = tuple((float(k), measures[name].mean) for k, name in points)
    if decisions:
        curves["risk_coverage"] = tuple(risk_coverage(decisions))
        curves["calibration"] = tuple(calibration(decisions))
    return Summary(
        measures=measures,
        abstention=abstention_scores(decisions),
        curves=curves,
        latency_ms={stage: percentiles(took) for stage, took in times.items()},
    )


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of one or more values, and its 95 % bootstrap interval."""
    low, high = bootstrap_interval(values)
    return Estimate(sum(values) / len(values), low, high, len(values))
