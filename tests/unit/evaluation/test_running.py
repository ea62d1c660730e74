"""Every question is asked once, and one that fails harms no other."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.evaluation.sets import PlannedAsker, ranked

from briefqa.datatypes import DocId, Span
from briefqa.errors import BackendError, QuestionError, ReplyError
from briefqa.evaluation.datasets import Dataset, Query, Reference
from briefqa.evaluation.placing import Placer
from briefqa.evaluation.running import RunOptions, run_queries, wants_answers
from briefqa.evaluation.runs import QuestionRecord, RankedPassage
from briefqa.evaluation.scoring import score_passages
from briefqa.evaluation.summary import summarise
from briefqa.protocols import Progress

_TEXTS = {f"d{n}": f"words number {n}" for n in range(20)}
_OPTIONS = RunOptions(top_k=20, shown=5, answers=True)


def _dataset(*queries: Query) -> Dataset:
    return Dataset("small", Path("small"), queries, None, "0" * 64)


def _query(query_id: str, relevant: Mapping[str, int] | None = None) -> Query:
    grades = {DocId(doc_id): grade for doc_id, grade in (relevant or {}).items()}
    return Query(query_id, f"what is {query_id}?", grades)


def test_a_refused_question_is_recorded_and_the_rest_goes_on() -> None:
    """One overlong question must not cost the results of a thousand others."""
    refused = {
        "what is b?": QuestionError("the question is too long"),
        "what is c?": ReplyError("/v1/search", "status 500"),
    }
    asker = PlannedAsker(_TEXTS, refused)

    records = run_queries(
        _dataset(*map(_query, "abcd")), asker, options=_OPTIONS
    )  # fmt: skip

    assert [record.query_id for record in records] == [*"abcd"]
    assert [record.failed for record in records] == [
        None, "the question is too long", "/v1/search: status 500", None,
    ]  # fmt: skip
    assert records[1].measures == records[2].took_ms == {}
    assert len(records[3].passages) == 20


def test_a_server_that_is_away_ends_the_run() -> None:
    """What it did not answer was not answered badly."""
    asker = PlannedAsker(_TEXTS, {"what is b?": BackendError("cannot reach it")})
    kept: list[QuestionRecord] = []

    with pytest.raises(BackendError, match="cannot reach"):
        run_queries(_dataset(*map(_query, "abc")), asker, options=_OPTIONS, keep=kept.append)

    assert [record.query_id for record in kept] == ["a"]


def test_what_is_known_is_not_asked_again_but_what_failed_is() -> None:
    """A run taken up again ends as one that was never cut short."""
    dataset = _dataset(*(_query(name, {"d3": 1}) for name in "abc"))
    whole = run_queries(dataset, PlannedAsker(_TEXTS), options=_OPTIONS)
    broken = PlannedAsker(_TEXTS, {"what is b?": QuestionError("too long")})
    known = {r.query_id: r for r in run_queries(dataset, broken, options=_OPTIONS)[:2]}
    asker = PlannedAsker(_TEXTS)

    again = run_queries(dataset, asker, options=_OPTIONS, known=known)

    assert again == whole
    assert asker.asked == ["what is b?", "what is c?"]


def test_progress_counts_questions() -> None:
    """From none to all, those that are known included."""
    told: list[Progress] = []

    dataset = _dataset(*map(_query, "ab"))
    run_queries(dataset, PlannedAsker(_TEXTS), options=_OPTIONS, on_progress=told.append)

    assert told == [Progress("asking", done, 2) for done in (0, 1, 2)]


def test_deep_passages_are_kept_without_their_text() -> None:
    """A file of a thousand questions would be a copy of the documents many times over."""
    (record,) = run_queries(_dataset(_query("a")), PlannedAsker(_TEXTS), options=_OPTIONS)

    assert [bool(passage.text) for passage in record.passages] == [True] * 10 + [False] * 10
    assert [passage.doc_id for passage in record.passages] == list(_TEXTS)


def test_measures_deeper_than_the_search_are_left_out() -> None:
    """A recall@100 of twenty passages would look worse than it is."""
    (record,) = run_queries(
        _dataset(_query("a", {"d0": 1})), PlannedAsker(_TEXTS), options=RunOptions(top_k=5)
    )

    assert record.measures == {
        "recall@1": 1, "recall@3": 1, "recall@5": 1, "success@1": 1, "success@5": 1, "map": 1,
        "tokens_shown": 20,
    }  # fmt: skip


def test_each_kind_of_judgement_has_its_measures() -> None:
    """Spans, quotes, answers: and none of them where the set says nothing of it."""
    span = Reference(DocId("d0"), "words", Span(0, 5))
    quote = Reference(DocId("d3"), "number  3")
    dataset = _dataset(
        Query("span", "?", references=(span,)),
        Query("quote", "?", references=(quote,), is_answerable=False),
        Query("nothing", "?"),
    )

    spans, quotes, nothing = run_queries(dataset, PlannedAsker(_TEXTS), options=_OPTIONS)

    assert spans.measures["span_recall@1"] == 1
    assert spans.measures["span_precision@5"] == 5 / sum(len(t) for t in [*_TEXTS.values()][:5])
    assert spans.measures["span_recall@500tokens"] == 1
    assert spans.measures["citation_precision"] == 1
    assert "decision_accuracy" not in spans.measures
    assert [quotes.measures[f"evidence_recall@{k}"] for k in (1, 3, 5)] == [0, 0, 1]
    assert quotes.measures["citation_precision"] == quotes.measures["decision_accuracy"] == 0
    assert nothing.measures == {"tokens_shown": 20}
    assert nothing.took_ms == {"search": 2, "total": 3}
    assert wants_answers(dataset)
    assert not wants_answers(_dataset(_query("a", {"d0": 1})))


def test_reference_without_a_place_is_told_and_counts_as_not_found() -> None:
    """Leaving it out would make the documents that lack it look complete."""
    lost = Reference(DocId("d9"), "other", Span(0, 5))
    found = Reference(DocId("d0"), "words", Span(0, 5))

    (record,) = run_queries(
        _dataset(Query("a", "?", references=(lost, found))), PlannedAsker(_TEXTS), options=_OPTIONS
    )

    assert record.measures["span_recall@20"] == 0.5
    assert record.measures["citation_recall"] == 0.5
    assert len(record.problems) == 1
    assert "“other” has no place in 'd9'" in record.problems[0]
    assert [reference.start for reference in record.references] == [None, 0]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_tokens_are_not_guessed(order: tuple[int, ...]) -> None:
    """Where the length of one passage is not known, neither is the cost of all."""
    passages = [ranked("a", "x", tokens=3), ranked("b", "y", tokens=None)]
    query = Query("q", "?", references=(Reference(DocId("a"), "x", Span(0, 1)),))
    placed = [Placer(lambda _: "x").place(query.references[0])]

    def measures(found: list[RankedPassage], shown: int) -> dict[str, float]:
        return score_passages(query, placed, found, depth=5, shown=shown)

    assert "tokens_shown" not in measures([passages[at] for at in order], 2)
    assert "span_recall@500tokens" not in measures([passages[at] for at in order], 2)
    assert measures([passages[0]], 2)["tokens_shown"] == 3


def test_duplicates_count_as_found() -> None:
    """The near-copy that a passage stands for may be the one that was judged."""
    passage = ranked("a", "words")
    copied = replace(passage, duplicates=("folder/b#1.md#10-20",))

    measures = score_passages(_query("q", {"folder/b#1.md": 1}), [], [copied], depth=1, shown=1)

    assert measures["recall@1"] == 0
    assert measures["map"] == 0.5


def test_summary_averages_each_measure_where_it_applies() -> None:
    """Questions that failed are in none of the figures, and are counted apart."""
    asker = PlannedAsker(_TEXTS, {"what is c?": QuestionError("too long")})
    dataset = _dataset(_query("a", {"d0": 1}), _query("b", {"d1": 1}), _query("c", {"d0": 1}),
                       _query("d"))  # fmt: skip

    summary = summarise(run_queries(dataset, asker, options=_OPTIONS))

    reciprocal = summary.measures["mrr@10"]
    assert (reciprocal.mean, reciprocal.questions) == (0.75, 2)
    assert reciprocal.low <= reciprocal.mean <= reciprocal.high
    assert summary.measures["tokens_shown"].questions == 3
    assert [k for k, _ in summary.curves["recall_by_k"]] == [1, 3, 5, 10, 20]
    assert [share for _, share in summary.curves["recall_by_k"]] == [0.5, 1, 1, 1, 1]
    assert summary.abstention == {}
    assert summary.latency_ms["search"] == {"p50": 2, "p95": 2, "p99": 2}


def test_summary_of_nothing_is_empty() -> None:
    """A set whose every question failed has no figures, and breaks nothing."""
    summary = summarise([])

    assert not any([summary.measures, summary.abstention, summary.curves, summary.latency_ms])
