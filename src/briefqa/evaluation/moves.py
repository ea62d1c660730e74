"""What became of each document of a ranking when something about the system changed, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isclose

from briefqa.evaluation.runs import QuestionRecord, RankedPassage
from briefqa.evaluation.scoring import ranking_of


@dataclass(frozen=True, slots=True)
class StageChange:
    """What a stage scored a document before and after; None where it did not find it."""

    stage: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class DocumentMove:
    """Where a document stood in the ranking of documents before and after, from 1.

    A rank is None where the document was not found at all. ``grade`` is how relevant
    it is, 0 for not. ``stages`` holds the stages whose score of its best passage
    differs, ``other_passage`` whether that is another passage than before. Where the
    run did not keep the scores of a passage so far down, ``scores_kept`` is false.
    """

    doc_id: str
    grade: int
    before: int | None
    after: int | None
    stages: tuple[StageChange, ...]
    other_passage: bool
    scores_kept: bool = True

    @property
    def why(self) -> str:
        """The reason in words: scores that differ, or that others moved around it."""
        parts = [_change_named(change) for change in self.stages]
        if self.before is None:
            parts.insert(0, "not found before")
        elif self.after is None:
            parts.insert(0, "no longer found")
        elif self.other_passage:
            parts.insert(0, "by another of its passages")
        if not self.scores_kept:
            parts.append("scores past the tenth passage are not kept")
        return "; ".join(parts) or "its scores are the same, others moved"


def document_moves(
    before: QuestionRecord, after: QuestionRecord, *, top_k: int
) -> tuple[DocumentMove, ...]:
    """Return the documents whose rank differs, of those in the first ``top_k`` or relevant.

    A document ranks by the best of its passages. Relevant ones come first, by grade; then
    whatever entered or left the first ``top_k``; then the longest way moved.
    """
    firsts, seconds = best_passages(before.passages), best_passages(after.passages)
    ranks = _ranks(firsts), _ranks(seconds)
    grades = {doc_id: grade for doc_id, grade in before.relevant.items() if grade > 0}
    watched = {*list(firsts)[:top_k], *list(seconds)[:top_k], *grades}
    moves = [
        _move(doc_id, grades.get(doc_id, 0), (firsts, seconds), ranks)
        for doc_id in watched
        if ranks[0].get(doc_id) != ranks[1].get(doc_id)
    ]
    beyond = max(len(firsts), len(seconds)) + 1
    return tuple(sorted(moves, key=lambda move: _weight(move, top_k=top_k, beyond=beyond)))


def best_passages(passages: Sequence[RankedPassage]) -> dict[str, RankedPassage]:
    """Return the best passage of each document, best document first.

    A passage stands for the documents of its duplicates as well.
    """
    found: dict[str, RankedPassage] = {}
    for passage in passages:
        for doc_id in ranking_of([passage]):
            found.setdefault(doc_id, passage)
    return found


_Pair = tuple[Mapping[str, RankedPassage], Mapping[str, RankedPassage]]


def _move(
    doc_id: str, grade: int, found: _Pair, ranks: tuple[Mapping[str, int], Mapping[str, int]]
) -> DocumentMove:
    before, after = (each.get(doc_id) for each in found)
    scores_kept = all(passage is None or passage.scores for passage in (before, after))
    return DocumentMove(
        doc_id=doc_id,
        grade=grade,
        before=ranks[0].get(doc_id),
        after=ranks[1].get(doc_id),
        stages=_stage_changes(before, after) if scores_kept else (),
        other_passage=_are_other(before, after),
        scores_kept=scores_kept,
    )


def _ranks(documents: Mapping[str, RankedPassage]) -> dict[str, int]:
    return {doc_id: rank for rank, doc_id in enumerate(documents, 1)}


def _are_other(before: RankedPassage | None, after: RankedPassage | None) -> bool:
    if before is None or after is None:
        return False
    return (before.start, before.end) != (after.start, after.end)


def _stage_changes(
    before: RankedPassage | None, after: RankedPassage | None
) -> tuple[StageChange, ...]:
    old = before.scores if before else {}
    new = after.scores if after else {}
    changes = [
        StageChange(stage, old.get(stage), new.get(stage)) for stage in dict.fromkeys([*old, *new])
    ]
    return tuple(change for change in changes if not _are_same(change.before, change.after))


def _are_same(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is after
    # Machines differ in the last bits of a float32.
    return isclose(before, after, rel_tol=1e-5, abs_tol=1e-6)


def _weight(move: DocumentMove, *, top_k: int, beyond: int) -> tuple[int, bool, int, str]:
    before, after = move.before or beyond, move.after or beyond
    stays_on_its_side = (before <= top_k) == (after <= top_k)
    return -move.grade, stays_on_its_side, -abs(before - after), move.doc_id


def _change_named(change: StageChange) -> str:
    if change.before is None:
        return f"{change.stage} {change.after:.3g}"
    if change.after is None:
        return f"{change.stage} was {change.before:.3g}"
    return f"{change.stage} {change.before:.3g} → {change.after:.3g}"
