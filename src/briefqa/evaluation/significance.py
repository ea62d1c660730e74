"""What chance could do to a mean over questions, and to the difference of two.

The intervals are percentile bootstrap intervals (Efron and Tibshirani, *An Introduction to
the Bootstrap*, 1993, ch. 13). The test is the paired randomisation test, which assumes no
distribution and tests the mean itself (Smucker, Allan and Carterette, "A Comparison of
Statistical Significance Tests for Information Retrieval Evaluation", CIKM 2007). Several
tests at once are corrected after Holm ("A Simple Sequentially Rejective Multiple Test
Procedure", 1979). How many questions are enough is as in Sakai, *Laboratory Experiments in
Information Retrieval*, 2018, ch. 6.

Random numbers come from a fixed seed and values are sorted first, so the same values give the
same result in any order.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

RESAMPLES = 9_999
"""Bootstrap samples, and random flips of signs: a p value is at least 1 in 10,000."""

_Array = npt.NDArray[np.float64]
_MOST_EXACT = 16
_CELLS_AT_ONCE = 2_000_000
_SLACK = 1e-9


def bootstrap_interval(
    values: Sequence[float], *, confidence: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the mean of ``values``.

    Args:
        values: One a question, at least one; of the differences of two systems it is the
            interval of their paired difference.
        confidence: Share of such intervals that hold the true mean, 0 < confidence < 1.
        seed: Of the random numbers.

    Returns:
        The lower and the upper bound. One value alone gives that value twice: it says nothing
        of how others would differ.

    Raises:
        ValueError: If there is no value, one is not finite, or ``confidence`` is out of range.
    """
    if not 0 < confidence < 1:
        msg = f"confidence must lie between 0 and 1, got {confidence}"
        raise ValueError(msg)
    ordered = _sorted(values)
    if ordered[0] == ordered[-1]:
        return float(ordered[0]), float(ordered[0])
    random = np.random.default_rng(seed)
    count = len(ordered)
    means = np.concatenate(
        [
            ordered[random.integers(count, size=(size, count), dtype=np.uint32)].mean(axis=1)
            for size in _portions(count)
        ]
    )
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def randomisation_p(differences: Sequence[float], *, seed: int = 0) -> float:
    """Return how often chance alone would part two systems at least as far as was seen.

    If it made no difference which system answers, each question's difference could as well
    have had the other sign. The p value is the share of such flips whose mean is as far from
    zero as the mean observed, two-sided.

    Args:
        differences: One a question that both systems answered, at least one.
        seed: Of the random flips.

    Returns:
        The p value, in (0, 1]: over all flips where at most 16 differences are not zero, else
        (b + 1) / (m + 1) where b of m random flips are as far.

    Raises:
        ValueError: If there is no difference, or one is not finite.
    """
    ordered = _sorted(differences)
    # The sign of a zero changes no sum.
    moving = np.abs(ordered[ordered != 0])
    if not len(moving):
        return 1.0
    # Sums that are equal on paper differ in their last bits.
    observed = abs(float(ordered.sum())) - _SLACK * float(moving.sum())
    moving.sort()
    if len(moving) <= _MOST_EXACT:
        return float(np.mean(np.abs(_all_flips(moving)) >= observed))
    random = np.random.default_rng(seed)
    as_far = sum(
        int(np.count_nonzero(np.abs(_random_flips(moving, random, size)) >= observed))
        for size in _portions(len(moving))
    )
    return (as_far + 1) / (RESAMPLES + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return each p value corrected for having looked at all of them.

    Args:
        p_values: In any order, each in [0, 1].

    Returns:
        The corrected values in the order given. Calling a difference real where its value is
        at most alpha errs, in one or more of all comparisons, with probability alpha at most.
    """
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, p_values[index] * (len(p_values) - place)))
        corrected[index] = highest
    return corrected


def deviation(differences: Sequence[float]) -> float:
    """Return the standard deviation of the population that ``differences`` were drawn from.

    Raises:
        ValueError: If there are fewer than two, or one is not finite.
    """
    least = 2
    if len(differences) < least:
        msg = f"a standard deviation needs at least 2 values, got {len(differences)}"
        raise ValueError(msg)
    return float(_sorted(differences).std(ddof=1))


def questions_needed(
    spread: float, difference: float, *, power: float = 0.8, alpha: float = 0.05
) -> int:
    """Return how many questions it takes to notice a true difference.

    Args:
        spread: Standard deviation of the differences by question; see `deviation`.
        difference: The smallest difference of the means worth noticing, not zero.
        power: Probability that it is noticed, 0 < power < 1.
        alpha: Probability that the two-sided test sees one where there is none, 0 < alpha < 1.

    Returns:
        At least 2. It is Sakai's approximation for the paired test, within one question of the
        exact count (2018, ch. 6), and holds for the randomisation test as well.

    Raises:
        ValueError: If ``difference`` is zero.
    """
    if not difference:
        msg = "no number of questions is enough for a difference of zero"
        raise ValueError(msg)
    tail, both = _normal_points(power, alpha)
    return max(2, math.ceil((both * spread / difference) ** 2 + tail**2 / 2))


def detectable_difference(
    spread: float, questions: int, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Return the smallest true difference that ``questions`` questions would notice.

    It is `questions_needed` turned round, with the same arguments; infinite where there are
    too few questions to notice any.
    """
    tail, both = _normal_points(power, alpha)
    counted = questions - tail**2 / 2
    return both * spread / math.sqrt(counted) if counted > 0 else math.inf


def _sorted(values: Sequence[float]) -> _Array:
    array = np.sort(np.asarray(values, dtype=np.float64))
    if not len(array) or not np.isfinite(array).all():
        msg = f"expected one or more finite numbers, got {len(array)} values"
        raise ValueError(msg)
    return array


def _portions(count: int) -> list[int]:
    """Cut the resamples into portions whose random numbers fit in little memory."""
    size = max(1, _CELLS_AT_ONCE // count)
    whole, rest = divmod(RESAMPLES, size)
    return [size] * whole + [rest] * bool(rest)


def _all_flips(sizes: _Array) -> _Array:
    """Return the sum for each way to give signs to ``sizes``; the last keeps its own.

    Turning all signs mirrors a sum, so the other half would be the same.
    """
    sums = sizes[-1:]
    for size in sizes[:-1]:
        sums = np.concatenate([sums + size, sums - size])
    return sums


def _random_flips(sizes: _Array, random: np.random.Generator, rows: int) -> _Array:
    count = len(sizes)
    drawn = random.integers(256, size=(rows, -(-count // 8)), dtype=np.uint8)
    kept = np.unpackbits(drawn, axis=1, count=count).astype(np.float64)
    sums: _Array = 2 * (kept @ sizes) - sizes.sum()
    return sums


def _normal_points(power: float, alpha: float) -> tuple[float, float]:
    """Return z(1 - alpha/2), and that plus z(power)."""
    for name, value in (("power", power), ("alpha", alpha)):
        if not 0 < value < 1:
            msg = f"{name} must lie between 0 and 1, got {value}"
            raise ValueError(msg)
    tail = NormalDist().inv_cdf(1 - alpha / 2)
    return tail, tail + NormalDist().inv_cdf(power)
