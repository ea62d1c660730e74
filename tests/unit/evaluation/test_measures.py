"""Measures agree with trec_eval, and those of spans with sets of characters."""

import math
from collections.abc import Sequence

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import AP, RR, R, Success, nDCG

from briefqa.evaluation.measures import (
    Stretch,
    average_precision,
    citation_precision,
    citation_recall,
    document_ranking,
    evidence_ranks,
    ndcg,
    percentiles,
    recall,
    reciprocal_rank,
    share_within,
    span_scores,
    success,
    within_budget,
)

_IDS = st.sampled_from([f"d{n}" for n in range(12)] + ["é", "Z", "z"])
# None below 0: at those the C code of trec_eval reads memory that is not its own.
_GRADES = st.dictionaries(_IDS, st.integers(0, 4), min_size=1)
# Few values, so that there are ties; small ones, which trec_eval keeps exactly.
_SCORED = st.dictionaries(_IDS, st.integers(0, 4).map(float), min_size=1)
_K = st.integers(1, 12)


def _ranking(scored: dict[str, float]) -> list[str]:
    """Rank as trec_eval does: by score, equals by id, both descending."""
    return sorted(scored, key=lambda doc_id: (scored[doc_id], doc_id), reverse=True)


@given(grades=_GRADES, scored=_SCORED, k=_K)
def test_measures_of_rankings_are_those_of_trec_eval(
    grades: dict[str, int], scored: dict[str, float], k: int
) -> None:
    """Figures that others can check, ties, zero grades and unjudged documents included."""
    ranking = _ranking(scored)
    wanted = {
        nDCG @ k: ndcg(ranking, grades, k),
        R @ k: recall(ranking, grades, k),
        Success @ k: success(ranking, grades, k),
        AP: average_precision(ranking, grades),
    }

    judged, cut = {"q": grades}, {"q": {doc_id: scored[doc_id] for doc_id in ranking[:k]}}
    found = ir_measures.pytrec_eval.calc_aggregate(list(wanted), judged, {"q": scored})
    # It knows no cut-off for this one.
    first = ir_measures.pytrec_eval.calc_aggregate([RR], judged, cut)[RR]

    for measure, ours in wanted.items():
        assert ours == pytest.approx(found[measure], abs=1e-9), measure
    assert reciprocal_rank(ranking, grades, k) == pytest.approx(first, abs=1e-9)


@given(grades=_GRADES, scored=_SCORED, k=_K)
def test_a_grade_below_zero_is_one_of_zero(
    grades: dict[str, int], scored: dict[str, float], k: int
) -> None:
    """Some sets write -1 for spam: no gain is negative."""
    ranking = _ranking(scored)
    lowered = {doc_id: grade or -1 for doc_id, grade in grades.items()}

    for measure in (ndcg, reciprocal_rank, recall, success):
        assert measure(ranking, lowered, k) == measure(ranking, grades, k)
    assert average_precision(ranking, lowered) == average_precision(ranking, grades)


_STRETCHES = st.lists(
    st.builds(
        lambda doc_id, start, length: Stretch(doc_id, start, start + length),
        st.sampled_from("ab"),
        st.integers(0, 30),
        st.integers(1, 12),
    ),
    max_size=6,
)


def _characters(stretches: Sequence[Stretch]) -> list[tuple[str, int]]:
    return [(s.doc_id, at) for s in stretches for at in range(s.start, s.end)]


@given(retrieved=_STRETCHES, relevant=_STRETCHES)
def test_spans_are_measured_as_sets_of_characters(
    retrieved: list[Stretch], relevant: list[Stretch]
) -> None:
    """Found once however often it is retrieved, and paid for each time."""
    shown, wanted = _characters(retrieved), set(_characters(relevant))
    found = len(wanted.intersection(shown))

    scores = span_scores(retrieved, relevant)

    assert scores.recall == pytest.approx(found / len(wanted) if wanted else 0)
    assert scores.precision == pytest.approx(found / len(shown) if shown else 0)
    whole = len(shown) + len(wanted) - found
    assert scores.iou == pytest.approx(found / whole if wanted else 0)


@given(cited=_STRETCHES.filter(bool), references=st.lists(_STRETCHES, min_size=1, max_size=4))
def test_citations_are_right_where_they_share_a_character(
    cited: list[Stretch], references: list[list[Stretch]]
) -> None:
    """A quote that touches what it should rests on it; a reference has any of its places."""
    per_citation = [set(_characters([c])) for c in cited]
    per_reference = [set(_characters(places)) for places in references]
    right = [any(c & r for r in per_reference) for c in per_citation]
    found = [any(c & r for c in per_citation) for r in per_reference]

    assert citation_precision(cited, references) == sum(right) / len(right)
    assert citation_recall(cited, references) == sum(found) / len(found)


@given(lengths=st.lists(st.integers(0, 50)), budget=st.integers(0, 200))
def test_a_budget_is_never_overdrawn_and_never_left_for_the_next_passage(
    lengths: list[int], budget: int
) -> None:
    """Passages are shown whole and in order: a later, shorter one does not jump the queue."""
    fitting = within_budget(lengths, budget)

    assert sum(lengths[:fitting]) <= budget
    assert fitting == len(lengths) or sum(lengths[: fitting + 1]) > budget


@given(values=st.lists(st.floats(0, 1e6), min_size=1))
def test_percentiles_are_measured_values_that_so_many_do_not_exceed(values: list[float]) -> None:
    """The p99 of five questions is the slowest of them, and not a time that none took."""
    for name, value in percentiles(values).items():
        share = int(name[1:]) / 100
        assert value in values
        assert sum(v <= value for v in values) >= share * len(values) - 1e-9
        assert sum(v < value for v in values) < share * len(values) or value == min(values)


def test_duplicates_stand_right_behind_the_passage_that_lists_them() -> None:
    """What was folded away was found: the collapse of near-duplicates costs no recall."""
    ranking = document_ranking([["a", "b"], ["c"], ["b", "d"], ["a"]])

    assert ranking == ["a", "b", "c", "d"]


def test_evidence_is_found_in_one_passage_of_its_document_whatever_its_white_space() -> None:
    """Neither another document that says the same nor two halves count."""
    passages = [("b", "one two three"), ("a", "x one\n  two y"), ("a", "three")]
    quotes = [("a", "one two"), ("b", "two\tthree"), ("a", "two y three"), ("c", "one")]

    ranks = evidence_ranks(quotes, passages)

    assert ranks == [2, 1, math.inf, math.inf]
    assert [share_within(ranks, k) for k in (1, 2, 3)] == [0.25, 0.5, 0.5]
