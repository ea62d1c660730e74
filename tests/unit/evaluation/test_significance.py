"""Intervals, p values and sample sizes agree with theory, brute force and simulation."""

import itertools
import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from briefqa.evaluation.significance import (
    bootstrap_interval,
    detectable_difference,
    deviation,
    holm,
    questions_needed,
    randomisation_p,
)

_VALUES = st.floats(min_value=-1, max_value=1).map(lambda value: round(value, 6))
_P_VALUES = st.lists(st.floats(min_value=0, max_value=1), max_size=12)


def _p_over_all_flips(differences: Sequence[float]) -> float:
    """The definition itself: every way to give the differences their signs."""
    observed = abs(math.fsum(differences))
    flips = list(itertools.product((1, -1), repeat=len(differences)))
    sums = [
        abs(math.fsum(sign * each for sign, each in zip(flip, differences, strict=True)))
        for flip in flips
    ]
    return sum(each >= observed - 1e-9 for each in sums) / len(flips)


def _scipy_p(differences: npt.NDArray[np.float64]) -> float:
    found = stats.permutation_test(
        (differences, np.zeros(len(differences))),
        lambda a, b: np.mean(a - b),
        permutation_type="samples",
        n_resamples=9_999,
        rng=np.random.default_rng(7),
    )
    return float(found.pvalue)


@given(differences=st.lists(_VALUES, min_size=1, max_size=10))
def test_p_value_is_the_share_of_all_flips(differences: list[float]) -> None:
    """With few questions nothing is drawn at random, so nothing may be approximate."""
    assert randomisation_p(differences) == pytest.approx(_p_over_all_flips(differences))


@pytest.mark.parametrize("size", [8, 16, 17, 40, 300])
def test_p_value_agrees_with_scipy(size: int) -> None:
    """Below and above the size from which flips are drawn at random."""
    differences = np.random.default_rng(size).normal(0.25, 1, size)

    ours, theirs = randomisation_p(differences.tolist()), _scipy_p(differences)

    assert ours == pytest.approx(theirs, abs=1e-9 if size <= 8 else 0.02)


def test_p_value_of_many_equal_differences_is_the_sign_test() -> None:
    """Where every change has the same size, the count of wins is binomial."""
    differences = [1.0] * 60 + [-1.0] * 40 + [0.0] * 500

    exact = stats.binomtest(60, 100).pvalue

    assert randomisation_p(differences) == pytest.approx(exact, abs=0.01)


@given(differences=st.lists(_VALUES, min_size=1, max_size=40), order=st.randoms())
def test_p_value_knows_neither_order_nor_direction(
    differences: list[float],
    order: Any,  # noqa: ANN401 - Hypothesis has no public name for it
) -> None:
    """The test is two-sided, and which question came first means nothing."""
    shuffled = [-each for each in differences]
    order.shuffle(shuffled)

    assert randomisation_p(shuffled) == randomisation_p(differences)
    assert 0 < randomisation_p(differences) <= 1


def test_systems_that_do_not_differ_are_rarely_called_different() -> None:
    """Of tests at 5 % on data without an effect, about 5 % may be wrong, and no more."""
    random = np.random.default_rng(3)

    p_values = [randomisation_p(random.normal(0, 1, 14).tolist()) for _ in range(1_500)]

    # Four standard errors around 0.05.
    assert np.mean(np.asarray(p_values) <= 0.05) == pytest.approx(0.05, abs=0.023)


@given(values=st.lists(_VALUES, min_size=1, max_size=30))
def test_interval_lies_within_the_values(values: list[float]) -> None:
    """A mean is never beyond what it is made of, and one value has no spread."""
    low, high = bootstrap_interval(values)

    assert min(values) - 1e-12 <= low <= high <= max(values) + 1e-12
    if len(set(values)) == 1:
        assert (low, high) == (values[0], values[0])


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_interval_agrees_with_scipy(confidence: float) -> None:
    """Skewed values, as latencies are."""
    values = np.random.default_rng(5).gamma(0.7, 2, 400)
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", confidence_level=confidence,
        n_resamples=9_999, rng=np.random.default_rng(6),
    ).confidence_interval  # fmt: skip

    ours = bootstrap_interval(values.tolist(), confidence=confidence)

    assert ours == pytest.approx((theirs.low, theirs.high), rel=0.02)


def test_interval_holds_the_true_mean_as_often_as_it_says() -> None:
    """That is what the 95 of a 95 % interval means."""
    random = np.random.default_rng(11)
    samples = [(random.random(80) < 0.6).astype(float).tolist() for _ in range(250)]

    held = [low <= 0.6 <= high for low, high in map(bootstrap_interval, samples)]

    assert np.mean(held) == pytest.approx(0.95, abs=0.05)


def test_interval_of_thousands_of_questions_is_quick() -> None:
    """A summary asks for one of these for each measure."""
    values = np.random.default_rng(0).random(3_000).tolist()
    started = time.perf_counter()

    bootstrap_interval(values)

    assert time.perf_counter() - started < 3


@given(p_values=_P_VALUES)
def test_holm_rejects_what_the_step_down_procedure_rejects(p_values: list[float]) -> None:
    """The procedure as Holm wrote it: the smallest first, until one is too large."""
    alpha = 0.05
    corrected = holm(p_values)

    rejected = set()
    ascending = sorted(range(len(p_values)), key=lambda index: p_values[index])
    for place, index in enumerate(ascending):
        if p_values[index] * (len(p_values) - place) > alpha:
            break
        rejected.add(index)

    assert {index for index, p in enumerate(corrected) if p <= alpha} == rejected
    assert all(raw <= p <= 1 for raw, p in zip(p_values, corrected, strict=True))


@pytest.mark.parametrize("power", [0.8, 0.95])
@pytest.mark.parametrize("alpha", [0.05, 0.005])
@pytest.mark.parametrize("effect", [0.05, 0.2, 0.5, 0.9])
def test_questions_needed_agrees_with_the_noncentral_t(
    effect: float, alpha: float, power: float
) -> None:
    """The exact power of the paired t test, by its definition."""

    def exact(count: int) -> float:
        shift, free = effect * math.sqrt(count), count - 1
        bound = stats.t.ppf(1 - alpha / 2, free)
        return float(stats.nct.sf(bound, free, shift) + stats.nct.cdf(-bound, free, shift))

    needed = questions_needed(2.0, 2.0 * effect, power=power, alpha=alpha)

    assert exact(needed + 1) >= power
    assert exact(needed - 2) < power


def test_questions_needed_are_enough_in_a_simulation() -> None:
    """With that many questions the randomisation test notices the difference 8 times in 10."""
    random = np.random.default_rng(2)
    differences = random.choice([-1.0, 0.0, 0.0, 1.0, 1.0], size=(300, 400)) - 0.2
    wanted = 0.2
    needed = questions_needed(deviation(differences.ravel().tolist()), wanted)

    noticed = [
        randomisation_p((random.choice(row, needed) + wanted).tolist()) <= 0.05
        for row in differences
    ]

    assert 20 < needed < 400
    assert np.mean(noticed) == pytest.approx(0.8, abs=0.08)


@given(
    spread=st.floats(min_value=0.01, max_value=10),
    questions=st.integers(min_value=3, max_value=5_000),
)
def test_detectable_difference_is_the_needed_number_turned_round(
    spread: float, questions: int
) -> None:
    """Asking for what N questions can notice, and for how many that takes, gives N."""
    difference = detectable_difference(spread, questions)

    assert abs(questions_needed(spread, difference) - questions) <= 1
    assert detectable_difference(spread, 1) == math.inf


@pytest.mark.parametrize("values", [[], [math.nan], [0.5, math.inf]])
def test_nothing_is_told_about_no_numbers(values: list[float]) -> None:
    """A measure without a value must not become a zero."""
    with pytest.raises(ValueError, match="finite"):
        bootstrap_interval(values)
    with pytest.raises(ValueError, match="finite"):
        randomisation_p(values)
