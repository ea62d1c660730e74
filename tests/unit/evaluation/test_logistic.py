"""The fit is the one that the textbook describes, and another program finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from briefqa.evaluation.logistic import fit_logistic, probabilities


@settings(max_examples=40)
@given(
    st.integers(0, 10_000),
    st.integers(4, 80),
    st.integers(1, 6),
    st.sampled_from([0.01, 0.3, 1.0, 10.0]),
)
def test_fit_agrees_with_scikit_learn(seed: int, count: int, features: int, ridge: float) -> None:
    """Weights and bias, with rows that count differently."""
    random = np.random.default_rng(seed)
    rows = random.random((count, features))
    labels = random.random(count) < probabilities(rows, random.normal(size=features) * 4)
    labels[:2] = [True, False]
    counts = random.random(count) + 0.1

    weights, bias = fit_logistic(rows, labels, counts=counts, ridge=ridge)

    other = LogisticRegression(C=1 / ridge, tol=1e-10, max_iter=10_000)
    other.fit(rows, labels, sample_weight=counts)
    np.testing.assert_allclose(weights, other.coef_[0], atol=1e-4)
    assert bias == pytest.approx(other.intercept_[0], abs=1e-4)


def test_fit_recovers_the_model_that_made_the_labels() -> None:
    """With enough of them."""
    random = np.random.default_rng(0)
    rows = random.random((60_000, 3))
    truth = np.array([4.0, -3.0, 0.0])
    labels = random.random(len(rows)) < probabilities(rows, truth, -0.5)

    weights, bias = fit_logistic(rows, labels, ridge=1e-3)

    np.testing.assert_allclose(weights, truth, atol=0.15)
    assert bias == pytest.approx(-0.5, abs=0.1)


def test_rows_that_tell_nothing_leave_the_weights_where_they_were() -> None:
    """A feature that never differs keeps the weight it was given; the bias alone moves."""
    rows = np.full((40, 2), 0.5)
    labels = np.arange(40) % 4 == 0
    before = np.array([3.0, -2.0])

    weights, bias = fit_logistic(rows, labels, toward=before)

    np.testing.assert_allclose(weights, before, atol=1e-6)
    assert probabilities(rows, weights, bias)[0] == pytest.approx(0.25)


def test_labels_that_can_be_parted_have_a_finite_fit() -> None:
    """Without a ridge the weights would grow without end."""
    rows = np.array([[0.0], [0.1], [0.9], [1.0]])

    weights, bias = fit_logistic(rows, np.array([False, False, True, True]), ridge=1e-6)

    assert np.isfinite([*weights, bias]).all()
    assert (probabilities(rows, weights, bias) > 0.5).tolist() == [False, False, True, True]


@pytest.mark.parametrize(
    ("labels", "ridge"), [([True] * 3, 1.0), ([False] * 3, 1.0), ([True, False, True], 0.0)]
)
def test_what_has_no_fit_is_refused(labels: list[bool], ridge: float) -> None:
    """One kind of label makes any bias likely enough; no ridge, any weight."""
    with pytest.raises(ValueError, match="both kinds"):
        fit_logistic(np.zeros((3, 1)), np.array(labels), ridge=ridge)
