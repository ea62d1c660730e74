"""Sample sizes come from the runs that are there."""

import math

import numpy as np
import pytest
from tests.unit.evaluation.made_runs import run_of

from briefqa.errors import RunsError
from briefqa.evaluation.planning import plan_questions


def test_two_runs_tell_by_how_much_their_questions_differ() -> None:
    """Runs that agree on most questions need far fewer than their own spread suggests."""
    random = np.random.default_rng(4)
    first = random.random(400)
    second = first + random.normal(0, 0.1, 400)
    runs = [run_of("one", first.tolist()), run_of("two", second.tolist())]

    pair = plan_questions(runs, difference=0.02)
    alone = plan_questions(runs[:1], difference=0.02)

    assert pair.spread == pytest.approx(np.std(second - first, ddof=1))
    assert alone.spread == pytest.approx(np.std(first, ddof=1) * math.sqrt(2))
    assert pair.needed < alone.needed / 4
    assert (pair.paired, alone.paired) == (True, False)
    assert pair.measure == "ndcg@10"


def test_runs_that_never_differ_are_refused() -> None:
    """They would seem to need no questions at all."""
    with pytest.raises(RunsError, match="tell nothing"):
        plan_questions([run_of("one", [0.5, 0.7]), run_of("two", [0.6, 0.8])], difference=0.1)
