"""Whether it is known what the documents answer: decisions, and the confidence behind them.

Nothing here depends on the order of questions, equal confidences included.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a question, and what would have been right."""

    is_answerable: bool
    answered: bool
    confidence: float


def abstention_scores(decisions: Sequence[Decision]) -> dict[str, float]:
    """Return the figures over all ``decisions``; those that cannot be told are left out.

    ``false_answer_rate`` is the share of the unanswerable that were answered,
    ``false_refusal_rate`` that of the answerable that were declined, and
    ``balanced_accuracy`` the mean of what is left of both. ``auc`` is the chance that an
    answerable question has the higher confidence. ``risk_coverage_area`` and
    ``calibration_error`` belong to `risk_coverage` and `calibration`.
    """
    if not decisions:
        return {}
    can = [each for each in decisions if each.is_answerable]
    cannot = [each for each in decisions if not each.is_answerable]
    scores: dict[str, float] = {"questions": len(decisions), "answerable": len(can)}
    if cannot:
        scores["false_answer_rate"] = _share(each.answered for each in cannot)
    if can:
        scores["false_refusal_rate"] = _share(not each.answered for each in can)
    if can and cannot:
        wrong = scores["false_answer_rate"] + scores["false_refusal_rate"]
        scores["balanced_accuracy"] = 1 - wrong / 2
        scores["auc"] = _auc(can, cannot)
    points = risk_coverage(decisions)
    scores["risk_coverage_area"] = float(np.mean([risk for _, risk in points]))
    scores["calibration_error"] = calibration_error(calibration(decisions))
    return scores


def risk_coverage(decisions: Sequence[Decision]) -> list[tuple[float, float]]:
    """Return (coverage, risk) as ever more questions are answered, the most certain first.

    Risk is the share of those answered that the documents do not answer. Questions of equal
    confidence come in no order: each brings the mean of their risk. The mean risk over all
    points is the area under the curve.

    Source: El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification"
    (2010); area after Geifman, Uziel and El-Yaniv (2019).
    """
    _, labels = _even(decisions)
    counts = np.arange(1, len(labels) + 1)
    risks = np.cumsum(1 - labels[::-1]) / counts
    return list(zip((counts / len(labels)).tolist(), risks.tolist(), strict=True))


def calibration(decisions: Sequence[Decision], *, bins: int = BINS) -> list[tuple[float, ...]]:
    """Return (mean confidence, share answerable, questions) of bins with equally many questions.

    Source: the adaptive bins of Nguyen and O'Connor, "Posterior calibration and exploratory
    analysis for natural language processing models" (2015).
    """
    confidences, labels = _even(decisions)
    parts = zip(np.array_split(confidences, bins), np.array_split(labels, bins), strict=True)
    return [(float(c.mean()), float(y.mean()), float(len(c))) for c, y in parts if len(c)]


def calibration_error(points: Sequence[tuple[float, ...]]) -> float:
    """Return the mean gap between confidence and share answerable, weighted by questions.

    Source: expected calibration error, Naeini, Cooper and Hauskrecht (2015).
    """
    gaps = sum(abs(confidence - share) * count for confidence, share, count in points)
    return gaps / sum(count for _, _, count in points)


def _even(decisions: Sequence[Decision]) -> tuple[_Array, _Array]:
    """Return confidences, ascending, and how answerable the questions of each one are."""
    by_confidence: dict[float, list[bool]] = {}
    for each in decisions:
        by_confidence.setdefault(each.confidence, []).append(each.is_answerable)
    groups = dict(sorted(by_confidence.items()))
    counts = [len(group) for group in groups.values()]
    shares = [sum(group) / len(group) for group in groups.values()]
    return np.repeat(list(groups), counts), np.repeat(shares, counts)


def _auc(can: Sequence[Decision], cannot: Sequence[Decision]) -> float:
    """Return the Mann-Whitney statistic as a share; an equal pair counts half."""
    lower = np.sort([each.confidence for each in cannot])
    higher = np.array([each.confidence for each in can])
    beaten = np.searchsorted(lower, higher, "left") + np.searchsorted(lower, higher, "right")
    return float(beaten.sum()) / (2 * len(can) * len(cannot))


def _share(claims: Iterable[bool]) -> float:
    found = list(claims)
    return sum(found) / len(found)
