"""Fits a logistic model, exactly: the sum it makes least has one least point."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]

_MOST_STEPS = 100
_CLOSE_ENOUGH = 1e-10
_HALVINGS = 30


def fit_logistic(
    rows: Floats,
    labels: Labels,
    *,
    counts: Floats | None = None,
    ridge: float = 1.0,
    toward: Floats | None = None,
) -> tuple[Floats, float]:
    """Return the weights and the bias that make ``labels`` most likely.

    The log-likelihood less ``ridge / 2`` times the squared distance of the weights from
    ``toward``, by Newton's method; the bias may be anything. With ``toward`` at zero it is
    what scikit-learn's ``LogisticRegression(C=1 / ridge)`` fits.

    Source: Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning* (2009),
    section 4.4.

    Args:
        rows: Shape (n, features).
        labels: Shape (n,); both kinds must be there.
        counts: How much each row counts, shape (n,); 1 if unset.
        ridge: How much the distance costs, above 0.
        toward: The weights that are kept where the rows say nothing, shape (features,).

    Returns:
        The weights, shape (features,), and the bias.

    Raises:
        ValueError: If all labels are the same, or ``ridge`` is not above 0.
    """
    if labels.all() or not labels.any() or ridge <= 0:
        msg = "needs labels of both kinds and a ridge above 0"
        raise ValueError(msg)
    wide = np.column_stack([rows, np.ones(len(rows))])
    counted = np.ones(len(rows)) if counts is None else counts
    kept = np.append(np.zeros(rows.shape[1]) if toward is None else toward, 0.0)
    penalty = np.append(np.full(rows.shape[1], ridge), 0.0)
    found = kept.copy()
    cost = _cost(found, wide, labels, counted, kept, penalty)
    for _ in range(_MOST_STEPS):
        chances = probabilities(wide, found)
        slope = wide.T @ (counted * (chances - labels)) + penalty * (found - kept)
        # The added diagonal keeps the matrix regular where every chance is nearly 0 or 1.
        curve = wide.T @ (wide * (counted * chances * (1 - chances))[:, None])
        step = np.linalg.solve(curve + np.diag(penalty + _CLOSE_ENOUGH), slope)
        for _ in range(_HALVINGS):
            lower = _cost(found - step, wide, labels, counted, kept, penalty)
            if lower <= cost:
                break
            step /= 2
        found, cost = found - step, lower
        if np.abs(step).max() < _CLOSE_ENOUGH:
            break
    return found[:-1], float(found[-1])


def probabilities(rows: Floats, weights: Floats, bias: float = 0.0) -> Floats:
    """Return the probability of each row, shape (n,)."""
    log_odds = rows @ weights + bias
    # Never the exponential of something large.
    small = np.exp(-np.abs(log_odds))
    return np.where(log_odds >= 0, 1 / (1 + small), small / (1 + small))


def _cost(  # noqa: PLR0913, PLR0917 - the terms of one sum
    found: Floats, wide: Floats, labels: Labels, counts: Floats, kept: Floats, penalty: Floats
) -> float:
    log_odds = wide @ found
    losses = np.logaddexp(0, np.where(labels, -log_odds, log_odds))
    return float(counts @ losses + (penalty * (found - kept) ** 2).sum() / 2)
