"""How many questions it takes to notice a difference, told from runs that are there."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from briefqa.errors import RunsError
from briefqa.evaluation.comparing import (
    check_measures,
    check_same_dataset,
    headlines,
    paired_values,
    run_labels,
)
from briefqa.evaluation.runs import Run
from briefqa.evaluation.significance import (
    detectable_difference,
    deviation,
    questions_needed,
)

_LEAST_VALUES = 2
_MOST_RUNS = 2
# Below it values differ only in how they were rounded.
_NO_SPREAD = 1e-9


@dataclass(frozen=True, slots=True)
class QuestionPlan:
    """How many questions notice ``difference`` in the mean of ``measure``, and with what odds.

    ``questions`` is how many there are, and ``detectable`` the difference that they would
    notice, None where there are too few for any. ``spread`` is the standard deviation of the
    differences by question. It was seen where two runs are ``paired``; of one run alone it is
    what two unrelated systems of its kind would have, which is an upper estimate.
    """

    measure: str
    difference: float
    power: float
    alpha: float
    paired: bool
    questions: int
    spread: float
    needed: int
    detectable: float | None


def plan_questions(
    runs: Sequence[Run],
    measure: str | None = None,
    *,
    difference: float,
    power: float = 0.8,
    alpha: float = 0.05,
) -> QuestionPlan:
    """Return how many questions notice ``difference``.

    Args:
        runs: Two of one question set, or one.
        measure: Which measure; by default the most telling one that they have.
        difference: The smallest difference of the means worth noticing, above 0.
        power: Probability that it is noticed, 0 < power < 1.
        alpha: Probability that the two-sided test sees one where there is none.

    Raises:
        RunsError: If the runs cannot be held against each other, do not have the measure, or
            agree in every question.
        ValueError: If there are more than two runs, or a number is out of range.
    """
    if not 1 <= len(runs) <= _MOST_RUNS:
        msg = f"expected one run or two, got {len(runs)}"
        raise ValueError(msg)
    check_same_dataset(runs, run_labels(runs))
    chosen = measure or next(iter(headlines(runs)), "")
    check_measures(runs, [chosen])
    values = _values(runs, chosen)
    if len(values) < _LEAST_VALUES or (spread := deviation(values)) < _NO_SPREAD:
        msg = (
            f"{len(values)} questions with the same {chosen!r} tell nothing of how others would "
            "differ; give runs that differ in some questions"
        )
        raise RunsError(msg)
    if len(runs) == 1:
        # The variances of unrelated systems add up.
        spread *= math.sqrt(2)
    detectable = detectable_difference(spread, len(values), power=power, alpha=alpha)
    return QuestionPlan(
        measure=chosen,
        difference=difference,
        power=power,
        alpha=alpha,
        paired=len(runs) > 1,
        questions=len(values),
        spread=spread,
        needed=questions_needed(spread, difference, power=power, alpha=alpha),
        detectable=detectable if math.isfinite(detectable) else None,
    )


def _values(runs: Sequence[Run], measure: str) -> list[float]:
    if len(runs) == 1:
        return [each.measures[measure] for each in runs[0].questions if measure in each.measures]
    return [second - first for first, second in paired_values(runs[0], runs[1], measure)]
