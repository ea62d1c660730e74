"""What was found for one question becomes measures by name.

``NAME@K`` looks at the first K documents, or at the first K passages for spans and
evidence; ``NAME@Ntokens`` at as many whole passages as fit into N tokens.
"""

from collections.abc import Mapping, Sequence

from briefqa.evaluation.datasets import Query
from briefqa.evaluation.measures import (
    Stretch,
    average_precision,
    citation_precision,
    citation_recall,
    document_ranking,
    evidence_ranks,
    ndcg,
    recall,
    reciprocal_rank,
    share_within,
    span_scores,
    success,
    within_budget,
)
from briefqa.evaluation.placing import PlacedReference
from briefqa.evaluation.runs import GivenAnswer, RankedPassage

DEPTHS = (1, 3, 5, 10, 20, 50, 100)
BUDGETS = (500, 1000, 2000)
_RANKING_DEPTH = 10
_SUCCESS_DEPTHS = (1, 5, 10)
_SPAN_DEPTH = 5


def ranking_of(passages: Sequence[RankedPassage]) -> list[str]:
    """Return the documents of ``passages``, best first, those of duplicates included."""
    # A chunk's id is that of its document and its span.
    return document_ranking(
        [p.doc_id, *(duplicate.rpartition("#")[0] for duplicate in p.duplicates)] for p in passages
    )


def score_passages(
    query: Query,
    placed: Sequence[PlacedReference],
    passages: Sequence[RankedPassage],
    *,
    depth: int,
    shown: int,
) -> dict[str, float]:
    """Return what ``passages`` are worth; a measure that does not apply is left out.

    Args:
        query: What would be right.
        placed: Its references, in their order.
        passages: What was found, best first, with texts.
        depth: How many passages were asked for: deeper measures do not apply.
        shown: How many passages a user sees, for the cost.
    """
    depths = [k for k in DEPTHS if k <= depth]
    relevant = {str(doc_id): grade for doc_id, grade in query.relevant.items()}
    measures = {
        **_ranking_scores(relevant, ranking_of(passages), depths),
        **_evidence_scores(query, passages, depths),
        **_span_scores(query, placed, passages, depths),
    }
    lengths = _lengths(passages[:shown])
    if lengths is not None:
        measures["tokens_shown"] = float(sum(lengths))
    return measures


def score_answer(
    query: Query, placed: Sequence[PlacedReference], answer: GivenAnswer
) -> dict[str, float]:
    """Return what ``answer`` is worth; a measure that does not apply is left out.

    Citations are measured where there is an answer and the set has references: to decline
    is no wrong citation.
    """
    measures: dict[str, float] = {}
    if query.is_answerable is not None:
        measures["decision_accuracy"] = float(answer.answered is query.is_answerable)
    if answer.answered and answer.citations and placed:
        cited = [Stretch(c.doc_id, c.start, c.end) for c in answer.citations]
        places = [each.places for each in placed]
        measures["citation_precision"] = citation_precision(cited, places)
        measures["citation_recall"] = citation_recall(cited, places)
    return measures


def _ranking_scores(
    grades: Mapping[str, int], ranking: Sequence[str], depths: Sequence[int]
) -> dict[str, float]:
    if not grades:
        return {}
    scores = {f"recall@{k}": recall(ranking, grades, k) for k in depths}
    scores |= {f"success@{k}": success(ranking, grades, k) for k in depths if k in _SUCCESS_DEPTHS}
    if (k := _RANKING_DEPTH) in depths:
        scores |= {f"ndcg@{k}": ndcg(ranking, grades, k)}
        scores |= {f"mrr@{k}": reciprocal_rank(ranking, grades, k)}
    return scores | {"map": average_precision(ranking, grades)}


def _evidence_scores(
    query: Query, passages: Sequence[RankedPassage], depths: Sequence[int]
) -> dict[str, float]:
    quotes = [(str(each.doc_id), each.text) for each in query.references if each.span is None]
    if not quotes:
        return {}
    ranks = evidence_ranks(quotes, [(p.doc_id, p.text) for p in passages])
    return {f"evidence_recall@{k}": share_within(ranks, k) for k in depths}


def _span_scores(
    query: Query,
    placed: Sequence[PlacedReference],
    passages: Sequence[RankedPassage],
    depths: Sequence[int],
) -> dict[str, float]:
    if not any(each.span is not None for each in query.references):
        return {}
    wanted = [place for each in placed for place in _wanted(each)]
    found = [Stretch(p.doc_id, p.start, p.end) for p in passages]
    scores = {f"span_recall@{k}": span_scores(found[:k], wanted).recall for k in depths}
    if (k := _SPAN_DEPTH) in depths:
        at_depth = span_scores(found[:k], wanted)
        scores |= {f"span_precision@{k}": at_depth.precision, f"span_iou@{k}": at_depth.iou}
    lengths = _lengths(passages)
    if lengths is not None:
        for budget in BUDGETS:
            fitting = found[: within_budget(lengths, budget)]
            scores[f"span_recall@{budget}tokens"] = span_scores(fitting, wanted).recall
    return scores


def _wanted(placed: PlacedReference) -> Sequence[Stretch]:
    """Return what is to be found: of a reference without a place, what nothing can cover."""
    reference = placed.reference
    if reference.span is None:
        return ()
    unplaced = f"\0{reference.doc_id}"
    return placed.places or (Stretch(unplaced, reference.span.start, reference.span.end),)


def _lengths(passages: Sequence[RankedPassage]) -> list[int] | None:
    lengths = [p.tokens for p in passages if p.tokens is not None]
    return lengths if len(lengths) == len(passages) else None
