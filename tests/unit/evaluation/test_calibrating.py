"""A calibration is judged by questions that it has not seen."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from briefqa.answering.abstention import CALIBRATION, confidence, threshold_for
from briefqa.answering.evidence import Evidence
from briefqa.errors import CalibrationError
from briefqa.evaluation.calibrating import (
    WeighedQuestion,
    fit_own,
    fit_several,
    fold_of,
)

_GROUPS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), min_size=1, max_size=40)


def _question(likeness: float, *, can: bool, group: str) -> WeighedQuestion:
    return WeighedQuestion(Evidence(likeness / 2, likeness, 0, 0, 0), can, group)


def _made(
    count: int, *, seed: int = 0, share: float = 0.5, noise: float = 0.2
) -> list[WeighedQuestion]:
    """Make questions whose evidence tells, most of the time, whether they are answered."""
    random = np.random.default_rng(seed)
    found = []
    for at in range(count):
        can = bool(random.random() < share)
        likeness = float(np.clip((0.6 if can else 0.4) + noise * random.normal(), 0, 1))
        found.append(_question(likeness, can=can, group=str(at // 3)))
    return found


@given(_GROUPS, st.integers(2, 6))
def test_questions_about_one_passage_stay_together(
    groups: list[tuple[str, bool]], folds: int
) -> None:
    """Whoever has seen one of them knows something of the others."""
    questions = [_question(0.5, can=can, group=group) for group, can in groups]

    found = fold_of(questions, folds)

    assert set(found) <= set(range(folds))
    by_group: dict[str, set[int]] = {}
    for question, fold in zip(questions, found, strict=True):
        by_group.setdefault(question.group, set()).add(fold)
    assert all(len(each) == 1 for each in by_group.values())


@given(_GROUPS, st.randoms(use_true_random=False))
def test_folds_do_not_depend_on_the_order_of_questions(
    groups: list[tuple[str, bool]], random: Random
) -> None:
    """A file that is sorted otherwise must give the same numbers."""
    questions = [_question(0.5, can=can, group=group) for group, can in groups]
    turned = random.sample(questions, len(questions))

    def together(asked: list[WeighedQuestion]) -> set[tuple[str, int]]:
        return {(each.group, fold) for each, fold in zip(asked, fold_of(asked, 3), strict=True)}

    assert together(questions) == together(turned)


@settings(max_examples=10)
@given(st.integers(0, 1_000))
def test_labels_that_mean_nothing_are_not_told_apart(seed: int) -> None:
    """A figure of questions that were fitted on would say that they are."""
    random = np.random.default_rng(seed)
    questions = [
        _question(float(random.random()), can=bool(random.random() < 0.5), group=str(at))
        for at in range(300)
    ]

    scores = fit_own(questions, shipped=CALIBRATION).scores()

    assert scores["auc"] < 0.62


def test_a_fit_tells_apart_what_can_be_told_apart_and_is_calibrated() -> None:
    """Its confidence is a share of questions like this one, whatever share of all that is."""
    fit = fit_own(_made(1_500, share=0.8), shipped=CALIBRATION)
    scores, intervals = fit.scores(), fit.intervals()

    assert scores["auc"] > 0.7
    assert scores["calibration_error"] < 0.05
    assert 0 < fit.chance_error() < 0.05
    assert all(
        low <= scores[name] <= high for name, (low, high) in intervals.items() if name == "auc"
    )
    assert sum(each.is_answerable for each in fit.decisions[0]) > 1_100


def test_at_most_15_in_100_answerable_questions_are_declined_by_default() -> None:
    """Whoever asks something the documents answer wants it answered."""
    fit = fit_own(_made(400), shipped=CALIBRATION)

    assert fit.scores()["false_refusal_rate"] <= 0.15


def test_the_risks_of_a_fit_hold_where_they_were_measured() -> None:
    """Among the held-out questions at or above a threshold, no larger share is wrong."""
    questions = _made(600)
    fit = fit_own(questions, shipped=CALIBRATION)

    assert fit.curve
    for risk, threshold, share in fit.curve:
        answered = [each for each in fit.decisions[0] if each.confidence >= threshold]
        wrong = sum(not each.is_answerable for each in answered)
        assert wrong / len(answered) <= risk + 0.01
        assert len(answered) / len(questions) == pytest.approx(share, abs=0.01)
    thresholds = [threshold_for(risk, fit.calibration) for risk, _, _ in fit.curve]
    assert thresholds == sorted(thresholds, reverse=True)


def test_few_questions_leave_the_shipped_weights_nearly_as_they_are() -> None:
    """Twenty questions say where the threshold belongs, and little of five weights."""
    few = fit_own(_made(24, seed=3), shipped=CALIBRATION).calibration
    many = fit_own(_made(3_000, seed=3, noise=1.0), shipped=CALIBRATION).calibration

    def moved(weights: tuple[float, ...]) -> float:
        return float(np.abs(np.subtract(weights, CALIBRATION.weights)).max())

    assert moved(few.weights) < 1.5 < moved(many.weights)


def test_each_set_counts_the_same_however_large() -> None:
    """Doubling the larger set by repeating it moves nothing."""
    small, large = _made(60, seed=1), _made(400, seed=2, noise=0.4)
    again = [WeighedQuestion(q.evidence, q.is_answerable, f"{q.group}+") for q in large]

    once = fit_several([small, large], ridge=1e-6).calibration
    twice = fit_several([small, large + again], ridge=1e-6).calibration

    np.testing.assert_allclose(once.weights, twice.weights, atol=0.01)


def test_the_probability_of_several_sets_assumes_that_one_in_two_is_answered() -> None:
    """Evidence that is the same for all questions says nothing beyond that."""
    same = [WeighedQuestion(Evidence(0.5, 0.5, 0, 0, 0), at % 5 == 0, str(at)) for at in range(200)]

    calibration = fit_several([same, same[:50]]).calibration

    assert confidence(same[0].evidence, calibration) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("kept", [True, False])
def test_too_few_of_one_kind_are_refused_with_both_counts(kept: bool) -> None:  # noqa: FBT001
    """Nine questions of a kind say nothing of a tenth."""
    questions = [_question(0.5, can=kept, group=str(at)) for at in range(50)]
    questions += [_question(0.5, can=not kept, group=f"other {at}") for at in range(9)]

    with pytest.raises(CalibrationError, match=r"50 .* 9 |9 .* 50 "):
        fit_own(questions, shipped=CALIBRATION)


def test_one_passage_for_all_questions_parts_them_one_by_one() -> None:
    """One fold would hold everything, and there would be nothing to fit on."""
    questions = [
        WeighedQuestion(each.evidence, each.is_answerable, "the same") for each in _made(60)
    ]

    assert fit_own(questions, shipped=CALIBRATION).scores()["questions"] == 60
