"""Says in a sentence why a document is not among the passages shown."""

from collections.abc import Iterable

from briefqa.retrieval.search import CANDIDATES
from briefqa.retrieval.why_not import Exclusion, Reach, Reason, WhyNot

STAGES_IN_WORDS = {
    "dense": "by meaning",
    "lexical": "by words",
    "late": "token by token",
    "sentence": "by its nearest sentence",
    "feedback": "by likeness to the best",
}
"""What each stage goes by, for people."""


def in_words(why: WhyNot) -> str:
    """Return in one sentence what became of the document."""
    match why.reason:
        case Reason.UNKNOWN:
            said = f"There is no document {why.doc_id!r} in the index{_meant(why.close)}"
        case Reason.EXCLUDED:
            conditions = "; ".join(map(_exclusion, why.excluded_by))
            said = f"{why.doc_id!r} is left out by a condition: {conditions}."
        case Reason.SUPERSEDED:
            newer = " and ".join(repr(str(each)) for each in why.superseded_by)
            said = f"{why.doc_id!r} is left out, because {newer} supersedes it."
        case Reason.NO_CANDIDATE:
            said = f"{why.doc_id!r} is no candidate: {_by_meaning(why)}, and {_by_words(why)}."
        case Reason.OUTRANKED:
            said = f"{why.doc_id!r} is a candidate, but {_outranked(why)}."
        case Reason.REPEAT:
            said = (
                f"{why.doc_id!r} is shown only as a repeat: {str(why.repeat_of)!r} says the same, "
                f"and is shown at rank {why.rank}."
            )
        case Reason.RERANKED:
            said = f"{why.doc_id!r} was {_reranked(why)}."
        case Reason.SHOWN:
            said = f"{why.doc_id!r} is there, at rank {why.rank}."
    return said


def _meant(close: Iterable[str]) -> str:
    ids = " or ".join(map(repr, close))
    return f"; did you mean {ids}?" if ids else ", nor any with an id like it."


def _exclusion(found: Exclusion) -> str:
    if not found.values:
        return f"{found.condition}, and it states no {found.field}"
    return f"{found.condition}, and its {found.field} is {', '.join(map(repr, found.values))}"


def _by_meaning(why: WhyNot) -> str:
    if why.dense is None:
        return "it holds nothing to compare by meaning"
    return f"by meaning its best chunk ranks {_reached(why.dense)}"


def _by_words(why: WhyNot) -> str:
    if why.lexical is not None:
        return f"by words {_reached(why.lexical)}"
    if not why.terms:
        return "the question has no words to look up"
    return f"it holds none of the words: {', '.join(each.term for each in why.terms)}"


def _reached(reach: Reach) -> str:
    last = "" if reach.last is None else f", where number {CANDIDATES} has {reach.last:.3f}"
    return f"{reach.rank:,} of {reach.found:,} with {reach.score:.3f}{last}"


def _outranked(why: WhyNot) -> str:
    most = _shown(why)
    if why.rerank_top is not None and why.rerank_top >= why.top_k:
        most = f"the reranker reads {why.rerank_top}"
    repeat = "" if why.repeat_of is None else f" (as a repeat of {str(why.repeat_of)!r})"
    ranked = f"its best chunk{repeat} ranks {why.rank} of {why.passages}, and {most}"
    if why.loses_in is None:
        return f"{ranked}; its score equals that of the last of these"
    own, last = (
        next(each.contribution for each in stages if each.stage == why.loses_in)
        for stages in (why.stages, why.last_through)
    )
    return (
        f"{ranked}; it loses most {STAGES_IN_WORDS[why.loses_in]}, which adds {own:.3f} to its "
        f"score and {last:.3f} to that of the last of these"
    )


def _reranked(why: WhyNot) -> str:
    is_lower = (why.rank_before or 0) < (why.rank or 0)
    moved = "moved down by the reranker" if is_lower else "not moved up enough by the reranker"
    return (
        f"{moved}, from rank {why.rank_before} to {why.rank}, and {_shown(why)}; "
        f"it gives {why.rerank_score:.3f}, and {why.rerank_last:.3f} to the last of these"
    )


def _shown(why: WhyNot) -> str:
    return f"{why.top_k} {'is' if why.top_k == 1 else 'are'} shown"
