"""What is said of a ranking that changed is what changed, and why."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.evaluation.made_runs import Found, record

from briefqa.evaluation.moves import document_moves
from briefqa.evaluation.runs import QuestionRecord

_RANKINGS = st.permutations("abcdefgh").flatmap(
    lambda order: st.integers(min_value=0, max_value=8).map(lambda size: order[:size])
)


def _question(*found: Found | str, relevant: str = "") -> QuestionRecord:
    return record("q", {}, found=found, relevant=list(relevant))


@given(before=_RANKINGS, after=_RANKINGS, relevant=st.sets(st.sampled_from("abcdefgh"), max_size=3))
def test_every_document_that_moved_in_sight_is_told(
    before: list[str], after: list[str], relevant: set[str]
) -> None:
    """Of those within the first k, and of relevant ones anywhere; and no other."""
    ranks = [{doc_id: rank for rank, doc_id in enumerate(each, 1)} for each in (before, after)]
    watched = set(before[:3]) | set(after[:3]) | relevant
    moved = {d for d in watched if ranks[0].get(d) != ranks[1].get(d)}

    moves = document_moves(
        _question(*before, relevant="".join(relevant)),
        _question(*after, relevant="".join(relevant)),
        top_k=3,
    )

    assert {move.doc_id for move in moves} == moved
    assert all(
        (m.before, m.after) == (ranks[0].get(m.doc_id), ranks[1].get(m.doc_id)) for m in moves
    )
    grades = [move.grade for move in moves]
    assert grades == sorted(grades, reverse=True)
    assert {move.doc_id for move in moves if move.grade} == moved & relevant


def test_the_stage_whose_score_changed_is_the_reason() -> None:
    """That is where to look for what the change of the system did."""
    before = _question(Found("a", 0.9), Found("b", 0.8), Found("c", 0.7))
    after = _question(Found("b", 0.8), Found("a", 0.75), Found("c", 0.7, "lexical"))

    moves = {move.doc_id: move for move in document_moves(before, after, top_k=3)}

    assert moves["a"].why == "dense 0.9 → 0.75"
    assert moves["b"].why == "its scores are the same, others moved"
    assert "c" not in moves


@pytest.mark.parametrize("turned", [False, True])
def test_a_document_found_by_one_only_is_said_to_be_so(*, turned: bool) -> None:
    """A new or a lost document has no other score to compare with."""
    sides = _question("a"), _question("a", Found("b", 0.25, "lexical"))

    (move,) = document_moves(*(reversed(sides) if turned else sides), top_k=5)

    assert move.why == (
        "no longer found; lexical was 0.25" if turned else "not found before; lexical 0.25"
    )


def test_another_passage_of_the_document_is_a_reason() -> None:
    """A new way of cutting brings other passages to the top."""
    before, after = _question("a", "b"), _question("b", "a")
    cut = [replace(each, start=40, end=80) for each in after.passages]

    moves = document_moves(before, replace(after, passages=tuple(cut)), top_k=2)

    assert {move.why for move in moves} == {"by another of its passages"}


def test_scores_that_were_not_kept_are_not_said_to_differ() -> None:
    """Runs keep the scores of the first passages only; the rest must not look lost."""
    before, after = _question("a", "b"), _question("b", "a")
    cut = [replace(each, scores={}) for each in after.passages]

    moves = document_moves(before, replace(after, passages=tuple(cut)), top_k=2)

    assert {move.why for move in moves} == {"scores past the tenth passage are not kept"}


def test_a_document_stands_where_its_duplicate_was_found() -> None:
    """A passage that stands for two documents found both."""
    one = _question("a", "c")
    both = replace(one.passages[0], duplicates=("b#0-11",))
    before = replace(one, passages=(both, one.passages[1]))

    moves = document_moves(before, _question("a", "b", "c"), top_k=3)

    assert moves == ()
