"""Figures of abstention agree with their definitions and with scikit-learn."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from briefqa.evaluation.abstention import (
    Decision,
    abstention_scores,
    calibration,
    calibration_error,
    risk_coverage,
)

_DECISIONS = st.lists(
    st.builds(
        Decision, st.booleans(), st.booleans(), st.integers(0, 5).map(lambda n: n / 5)
    ),
    min_size=1,
)  # fmt: skip


def _distinct(count: int, seed: int) -> list[Decision]:
    """Decisions without equal confidences, of both kinds."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    confidences = draw.sample(range(1000), count)
    return [
        Decision(n % 3 == 0 or draw.random() < c / 1000, draw.random() < 0.5, c / 1000)
        for n, c in enumerate(confidences)
    ]


@given(decisions=_DECISIONS)
def test_rates_and_auc_are_those_of_scikit_learn(decisions: list[Decision]) -> None:
    """Equal confidences included; what one kind of question alone cannot tell is left out."""
    labels = [d.is_answerable for d in decisions]

    scores = abstention_scores(decisions)

    if len(set(labels)) == 1:
        assert "auc" not in scores
        assert "balanced_accuracy" not in scores
        return
    answered = [d.answered for d in decisions]
    assert scores["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, answered))
    assert scores["auc"] == pytest.approx(roc_auc_score(labels, [d.confidence for d in decisions]))


@given(decisions=_DECISIONS, seed=st.integers(0, 99))
def test_no_figure_depends_on_the_order_of_questions(decisions: list[Decision], seed: int) -> None:
    """A set that is sorted by what can be answered must not look better calibrated."""
    shuffled = random.Random(seed).sample(decisions, len(decisions))  # noqa: S311 - no secret

    assert abstention_scores(shuffled) == pytest.approx(abstention_scores(decisions))
    assert np.allclose(risk_coverage(shuffled), risk_coverage(decisions))
    assert np.allclose(calibration(shuffled), calibration(decisions))


@given(decisions=_DECISIONS)
def test_full_coverage_has_the_risk_of_answering_everything(decisions: list[Decision]) -> None:
    """The curve ends where nothing is declined."""
    coverage, risk = risk_coverage(decisions)[-1]

    assert coverage == 1
    assert risk == pytest.approx(np.mean([not d.is_answerable for d in decisions]))


@pytest.mark.parametrize("count", [1, 7, 10, 43])
def test_risk_at_each_coverage_is_that_of_the_most_certain(count: int) -> None:
    """Against the definition, where confidences differ and the order is certain."""
    decisions = _distinct(count, seed=count)
    by_confidence = sorted(decisions, key=lambda d: -d.confidence)

    points = risk_coverage(decisions)

    for n, (coverage, risk) in enumerate(points, 1):
        assert coverage == pytest.approx(n / count)
        assert risk == pytest.approx(np.mean([not d.is_answerable for d in by_confidence[:n]]))


@pytest.mark.parametrize("count", [1, 7, 10, 43])
def test_calibration_bins_hold_equally_many_questions(count: int) -> None:
    """Bins of equal width would leave most of them empty."""
    points = calibration(_distinct(count, seed=count), bins=5)

    sizes = [size for _, _, size in points]
    assert sum(sizes) == count
    assert max(sizes) - min(sizes) <= 1
    assert [confidence for confidence, _, _ in points] == sorted(c for c, _, _ in points)


def test_who_is_sure_and_right_has_no_calibration_error() -> None:
    """And who is sure and wrong has all of it."""
    right = [
        Decision(n % 2 == 0, answered=n % 2 == 0, confidence=float(n % 2 == 0)) for n in range(20)
    ]
    wrong = [Decision(not d.is_answerable, d.answered, d.confidence) for d in right]

    assert calibration_error(calibration(right)) == 0
    assert calibration_error(calibration(wrong)) == 1
