"""A comparison is of the same questions, and says what chance could do."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.evaluation.made_runs import record, run, run_of

from briefqa.errors import RunsError
from briefqa.evaluation.comparing import compare, comparison_to_json
from briefqa.evaluation.significance import holm, randomisation_p

_SHARE = st.floats(min_value=0, max_value=1).map(lambda value: round(value, 3))
_ANSWERS = st.dictionaries(st.sampled_from("abcdefghij"), _SHARE, min_size=1)


@given(first=_ANSWERS, second=_ANSWERS)
def test_difference_is_the_mean_over_shared_questions(
    first: dict[str, float], second: dict[str, float]
) -> None:
    """A question that only one run has would compare apples with nothing."""
    runs = [
        run(name, [record(q, {"map": value}) for q, value in values.items()])
        for name, values in (("one", first), ("two", second))
    ]
    shared = sorted(first.keys() & second.keys())
    if not shared:
        with pytest.raises(RunsError, match="shares no question"):
            compare(runs)
        return

    comparison = compare(runs)

    (found,) = comparison.differences
    steps = np.array([second[q] - first[q] for q in shared])
    assert found.difference == pytest.approx(steps.mean(), abs=1e-12)
    assert found.mean - found.first_mean == pytest.approx(steps.mean(), abs=1e-12)
    assert found.low <= found.difference + 1e-12
    assert found.difference <= found.high + 1e-12
    assert (found.wins, found.losses) == (int((steps > 1e-9).sum()), int((steps < -1e-9).sum()))
    assert found.wins + found.ties + found.losses == found.questions == len(shared)
    (left_out,) = comparison.left_out
    assert left_out.only_in_first == len(first) - len(shared)
    assert left_out.only_in_run == len(second) - len(shared)


def test_p_values_are_corrected_over_all_comparisons() -> None:
    """Among forty comparisons two look clear by chance alone."""
    random = np.random.default_rng(1)
    rows = random.random((3, 60))
    others = rows + random.normal([[0.0], [0.1], [0.2]], 0.3, (3, 60))
    runs = [
        run(
            name,
            [
                record(str(q), {"map": float(values[0, q]), "mrr@10": float(values[1, q])})
                for q in range(60)
            ],
        )
        for name, values in (("a", rows), ("b", others[:2]), ("c", others[1:]))
    ]

    differences = compare(runs, ["map", "mrr@10"]).differences

    assert [(each.measure, each.run) for each in differences] == [
        ("map", "b"), ("map", "c"), ("mrr@10", "b"), ("mrr@10", "c"),
    ]  # fmt: skip
    steps = (others[0] - rows[0], others[1] - rows[0], others[1] - rows[1], others[2] - rows[1])
    alone = [randomisation_p(each.tolist()) for each in steps]
    assert [each.p for each in differences] == pytest.approx(alone)
    assert [each.corrected_p for each in differences] == pytest.approx(holm(alone))


def test_questions_that_failed_are_left_out_and_counted() -> None:
    """A server that was down says nothing of its ranking."""
    first = run("one", [record("a", {"map": 1.0}), record("b", {"map": 0.5})])
    second = run("two", [record("a", {"map": 0.5}), record("b", {}, failed="no reply")])

    comparison = compare([first, second])

    assert comparison.differences[0].questions == 1
    assert comparison.left_out[0].failed == 1


def test_the_largest_change_comes_first_in_either_direction() -> None:
    """Whoever looks at three questions should see the three that matter."""
    first = run_of("one", [0.5, 0.5, 0.5, 0.5])
    second = run_of("two", [0.6, 0.0, 0.5, 0.9])

    questions = compare([first, second]).questions

    assert [(q.query_id, round(q.difference("ndcg@10"), 6)) for q in questions] == [
        ("1", -0.5), ("3", 0.4), ("0", 0.1),
    ]  # fmt: skip


def test_less_of_a_cost_is_a_win() -> None:
    """A ranking that says the same in fewer tokens is not worse."""
    first = run_of("one", [900, 800, 500], measure="tokens_shown")
    second = run_of("two", [500, 700, 600], measure="tokens_shown")

    (found,) = compare([first, second]).differences

    assert (found.wins, found.losses) == (2, 1)
    assert found.difference < 0
    assert found.is_gain


def test_other_question_sets_are_refused() -> None:
    """The same id may be another question there."""
    first, second = run_of("one", [1.0]), run_of("two", [1.0])
    other = replace(second, about={"dataset": {"name": "other", "sha256": "0"}})

    with pytest.raises(RunsError, match=r"'made'.*'other'"):
        compare([first, other])


def test_an_unknown_measure_is_answered_with_those_there_are() -> None:
    """Nobody knows by heart whether it was ndcg@10 or nDCG_10."""
    with pytest.raises(RunsError, match=r"nDCG_10.*ndcg@10"):
        compare([run_of("one", [1.0]), run_of("two", [0.5])], ["nDCG_10"])


def test_runs_of_one_name_are_told_apart() -> None:
    """Two folders may both be called baseline."""
    comparison = compare([run_of("same", [1.0]), run_of("same", [0.5]), run_of("same", [0.2])])

    assert comparison.first == "same"
    assert comparison.runs == ("same (2)", "same (3)")


def test_json_is_whole_but_for_questions_beyond_the_top() -> None:
    """Scripts find every figure; the questions are as many as were asked for."""
    runs = [
        run(name, [record(q, {"map": v}, found=found, relevant=["x"]) for q, v in values.items()])
        for name, values, found in (
            ("one", {"a": 1.0, "b": 1.0}, ["x", "y"]),
            ("two", {"a": 0.5, "b": 0.2}, ["y", "x"]),
        )
    ]

    value = json.loads(json.dumps(comparison_to_json(compare(runs), top=1)))

    assert value["questions_that_differ"] == 2
    (question,) = value["questions"]
    assert question["query_id"] == "b"
    assert [(m["doc_id"], m["before"], m["after"]) for m in question["moves"]] == [
        ("x", 1, 2), ("y", 2, 1),
    ]  # fmt: skip
    assert value["differences"][0]["difference"] == pytest.approx(-0.65)
