"""How likely it is that the documents answer a question at all, and when to decline."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise

from briefqa.answering.evidence import Evidence
from briefqa.errors import LimitError

LEAST_RISK, MOST_RISK = 0.001, 0.999
"""Bounds of a risk that may be accepted."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model of `Evidence`, and the probability below which to decline.

    ``weights`` are of the numbers of `Evidence`, in order. ``risks`` are (risk, threshold)
    pairs, ascending by risk: of the questions with at least that probability, so large a
    share was not answered by the documents where this was measured. ``threshold`` is for
    whoever accepts no risk in particular.
    """

    weights: tuple[float, ...]
    bias: float
    threshold: float
    risks: tuple[tuple[float, float], ...] = ()

    @property
    def fingerprint(self) -> str:
        """Tells these numbers from any others."""
        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()[:12]


# Fitted by benchmarks/fit_abstention.py, which prints these numbers and what they do. The
# questions it was fitted on are answered by the documents in one of two cases.
CALIBRATION = Calibration(
    weights=(1.73, 8.88, -1.56, -1.94, -3.09),
    bias=-6.15,
    threshold=0.44,
    risks=(
        (0.02, 0.942),
        (0.05, 0.932),
        (0.1, 0.847),
        (0.15, 0.696),
        (0.2, 0.589),
        (0.25, 0.491),
        (0.3, 0.419),
        (0.4, 0.154),
        (0.5, 0.003),
    ),
)


def confidence(evidence: Evidence, calibration: Calibration = CALIBRATION) -> float:
    """Return the estimated probability, in [0, 1], that the documents answer."""
    terms = zip(calibration.weights, astuple(evidence), strict=True)
    return logistic(calibration.bias + sum(w * x for w, x in terms))


def logistic(log_odds: float) -> float:
    """Return the probability of ``log_odds``, however large these are."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1 + odds)


def check_risk(risk: float | None) -> None:
    """Refuse a risk that cannot be meant; None accepts no risk in particular.

    Raises:
        LimitError: If ``risk`` is not between 0.001 and 0.999.
    """
    if risk is not None and not LEAST_RISK <= risk <= MOST_RISK:
        raise LimitError("risk", found=risk, least=LEAST_RISK, most=MOST_RISK)  # noqa: EM101


def threshold_for(risk: float | None, calibration: Calibration = CALIBRATION) -> float:
    """Return the probability below which to decline.

    It lies on straight lines between the risks that were measured. Below the smallest of
    these nothing was: the threshold rises to 1, at which nothing is answered. A smaller risk
    never has a lower threshold.

    Args:
        risk: The share of the answers given that the documents may not hold; None for the
            calibration's own threshold.
        calibration: The numbers fitted.

    Raises:
        LimitError: If ``risk`` is not between 0.001 and 0.999.
    """
    check_risk(risk)
    if risk is None:
        return calibration.threshold
    return _interpolated(risk, ((0.0, 1.0), *calibration.risks))


def _interpolated(x: float, points: Sequence[tuple[float, float]]) -> float:
    """Return the height at ``x`` of the falling lines between ``points``, level after the last."""
    for (left, high), (right, low) in pairwise(points):
        if x <= right:
            # Rounding must not carry it past the end of its line, where the next one begins.
            return max(low, high + (low - high) * (x - left) / (right - left))
    return points[-1][1]
