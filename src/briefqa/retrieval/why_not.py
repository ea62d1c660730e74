"""Says which stage lost a document that was expected for a question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

import numpy as np

from briefqa.datatypes import (
    Chunk,
    ChunkId,
    Comparison,
    Condition,
    DocId,
    Document,
    DocumentInfo,
    Hit,
)
from briefqa.errors import UnknownDocumentError
from briefqa.indexing.fields import values_of
from briefqa.protocols import Embedder, Reranker, Selection
from briefqa.retrieval.asking import Asked, check_question, embed_question
from briefqa.retrieval.conditions import render_condition
from briefqa.retrieval.explaining import StageScore, Term, stage_scores, terms_of
from briefqa.retrieval.reranking import DEFAULT_RERANK_TOP, check_rerank_top, rerank
from briefqa.retrieval.search import (
    CANDIDATES,
    SearchableIndex,
    check_limit,
    rank,
    without_repeats,
)
from briefqa.retrieval.terms import in_header_words

_MOST_MEANT = 3


class Reason(StrEnum):
    """Where a document was lost on its way to the passages shown, if it was."""

    UNKNOWN = "unknown"
    EXCLUDED = "excluded"
    SUPERSEDED = "superseded"
    NO_CANDIDATE = "no_candidate"
    OUTRANKED = "outranked"
    REPEAT = "repeat"
    RERANKED = "reranked"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A condition that a document does not satisfy, and what it states of that field."""

    condition: str
    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the best chunk of a document came in a search.

    ``rank`` counts from 1, of ``found`` chunks. ``last`` is the score of the last one
    that becomes a candidate, None where all that were found do.
    """

    chunk_id: ChunkId
    score: float
    rank: int
    found: int
    last: float | None


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What became of a document that was expected for a question, and its figures.

    They go as far as the document came:

    - ``close`` are ids like one that is unknown, ``excluded_by`` the conditions that
      leave the document out, ``superseded_by`` the documents that stand in its place.
    - ``dense`` and ``lexical`` say how near it came by meaning and by words, None where
      it was not found. ``terms`` are the words looked up, ``held`` those that it holds.
    - ``chunk_id`` names its best candidate, and ``rank`` is the place of that among the
      ``passages`` of all candidates. ``stages`` are its scores, ``last_through`` those of
      the last passage that was ranked high enough, ``loses_in`` the stage that parts them
      most, None where they are equal.
    - ``repeat_of`` names the chunk that says the same, and whose rank it shares.
    - Where a reranker reads the first ``rerank_top``: ``rank_before`` is the rank before,
      ``rerank_score`` its score, and ``rerank_last`` that of the last one shown.
    """

    doc_id: DocId
    question: str
    top_k: int
    reason: Reason
    close: tuple[DocId, ...] = ()
    excluded_by: tuple[Exclusion, ...] = ()
    superseded_by: tuple[DocId, ...] = ()
    dense: Reach | None = None
    lexical: Reach | None = None
    terms: tuple[Term, ...] = ()
    held: tuple[str, ...] = ()
    chunk_id: ChunkId | None = None
    rank: int | None = None
    passages: int | None = None
    stages: tuple[StageScore, ...] = ()
    last_through: tuple[StageScore, ...] = ()
    loses_in: str | None = None
    repeat_of: ChunkId | None = None
    rerank_top: int | None = None
    rank_before: int | None = None
    rerank_score: float | None = None
    rerank_last: float | None = None


class TraceableIndex(SearchableIndex, Protocol):
    """The parts of an opened index that it takes to follow one document."""

    def document(self, doc_id: DocId, /) -> Document:
        """Return a document with its canonical text."""
        ...

    def documents(self) -> list[DocumentInfo]:
        """Return every document without its text."""
        ...

    def chunks_of(self, doc_id: DocId, /) -> list[Chunk]:
        """Return the chunks of a document, in reading order."""
        ...

    def searched(self, conditions: Sequence[Condition], /) -> Selection | None:
        """Return the chunks that a search under ``conditions`` is held to; None for all."""
        ...

    def superseded(self, conditions: Sequence[Condition], /) -> Mapping[DocId, tuple[DocId, ...]]:
        """Return what such a search leaves out for newer documents, and what these are."""
        ...


def why_not(  # noqa: PLR0913 - what is asked, of what, and how it is ranked
    doc_id: DocId,
    question: str,
    index: TraceableIndex,
    embedder: Embedder,
    *,
    k: int,
    where: Sequence[Condition] = (),
    reranker: Reranker | None = None,
    rerank_top: int = DEFAULT_RERANK_TOP,
) -> WhyNot:
    """Return which stage lost a document, or its rank if none did.

    Ranks are exact: every chunk is compared, not only the candidates.

    Args:
        doc_id: The document that was expected.
        question: What is asked.
        index: Where to look.
        embedder: The model that the index was built with.
        k: How many passages are shown, from 1 to 100.
        where: Checked conditions that the documents satisfy, all of them.
        reranker: Orders the best passages anew, if there is one.
        rerank_top: How many of them, from 1 to 100.

    Raises:
        LimitError: If ``k`` or ``rerank_top`` is out of bounds.
        QuestionError: If the question is empty or too long.
    """
    check_limit(k)
    check_rerank_top(rerank_top)
    asked = embed_question(check_question(question), embedder, index.words)
    found = WhyNot(doc_id, asked.text, k, Reason.UNKNOWN)
    try:
        info = index.document(doc_id).info
    except UnknownDocumentError:
        return replace(found, close=_close_ids(doc_id, index))
    excluded_by = _exclusions(info, asked, index, where)
    if excluded_by:
        return replace(found, reason=Reason.EXCLUDED, excluded_by=excluded_by)
    superseded_by = index.superseded(where).get(doc_id, ())
    if superseded_by:
        return replace(found, reason=Reason.SUPERSEDED, superseded_by=superseded_by)
    among = index.searched(where)
    found = _searched(found, asked, index, among)
    reached = [each.rank for each in (found.dense, found.lexical) if each is not None]
    if not any(each <= CANDIDATES for each in reached):
        return replace(found, reason=Reason.NO_CANDIDATE)
    return _ranked(found, asked, index, among, reranker=reranker, rerank_top=rerank_top)


def _close_ids(doc_id: DocId, index: TraceableIndex) -> tuple[DocId, ...]:
    """Return the ids most like one that is not there, then those that hold its name."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    ids = [info.doc_id for info in index.documents()]
    # By the last part of an id too, which is what people remember of it.
    named = {each.rpartition("/")[2].casefold(): each for each in reversed(ids)}
    named |= {each.casefold(): each for each in ids}
    wanted = doc_id.casefold()
    name = wanted.rpartition("/")[2]
    close = get_close_matches(wanted, named, n=_MOST_MEANT)
    close += get_close_matches(name, named, n=_MOST_MEANT)
    stem = name.partition(".")[0]
    close += [each.casefold() for each in ids if stem and stem in each.casefold()]
    return tuple(dict.fromkeys(named[each] for each in close))[:_MOST_MEANT]


def _exclusions(
    info: DocumentInfo, asked: Asked, index: TraceableIndex, where: Sequence[Condition]
) -> tuple[Exclusion, ...]:
    """Return the conditions that leave the document out."""
    own = _chunk_ids(info.doc_id, index)
    found: list[Exclusion] = []
    # A search that names a document looks at it even if a newer one stands in its place.
    named = Condition("doc_id", Comparison.EQUAL, info.doc_id)
    for condition in where:
        kept = _nearest(asked, index, index.searched([named, condition]))
        if own.isdisjoint(chunk_id for chunk_id, _ in kept):
            values = tuple(values_of(info, condition.field))
            found.append(Exclusion(render_condition(condition), condition.field, values))
    return tuple(found)


def _searched(
    found: WhyNot, asked: Asked, index: TraceableIndex, among: Selection | None
) -> WhyNot:
    """Return ``found`` with how far the document came in either search."""
    own = _chunk_ids(found.doc_id, index)
    by_words = index.words.search(in_header_words(asked.text), len(index.words), among=among)
    texts = [chunk.embedded_text for chunk in index.chunks_of(found.doc_id)]
    held = {term for text in texts for term in index.words.terms(text)}
    terms = terms_of(asked.text, index.words)
    return replace(
        found,
        dense=_reach(_nearest(asked, index, among), own),
        lexical=_reach(by_words, own),
        terms=terms,
        held=tuple(each.term for each in terms if each.term in held),
    )


def _ranked(  # noqa: PLR0913 - all that the rank depends on
    found: WhyNot,
    asked: Asked,
    index: TraceableIndex,
    among: Selection | None,
    *,
    reranker: Reranker | None,
    rerank_top: int,
) -> WhyNot:
    """Return ``found`` with what became of the document's best candidate."""
    ranking = rank(asked, index, among=among)
    order = ranking.order
    stages = stage_scores(asked, index.words, ranking)
    passages = without_repeats(ranking, index, len(order))
    best = next(chunk for chunk in order if chunk.doc_id == found.doc_id)
    standing = next(
        each for each in passages if best.chunk_id in {each.chunk.chunk_id, *each.duplicates}
    )
    through = passages[: found.top_k if reranker is None else max(found.top_k, rerank_top)]
    final = through
    if reranker is not None:
        final = rerank(asked.text, through, reranker, top=rerank_top)
    hit = _hit_for(found, standing, final)
    is_own = hit.chunk.doc_id == found.doc_id
    chunk_id = hit.chunk.chunk_id if is_own else best.chunk_id
    found = replace(
        found,
        chunk_id=chunk_id,
        rank=hit.rank,
        passages=len(passages),
        stages=stages[chunk_id],
        repeat_of=None if is_own else hit.chunk.chunk_id,
    )
    if reranker is not None:
        before = {each.chunk.chunk_id: each.rank for each in passages}
        found = replace(
            found,
            rerank_top=rerank_top,
            rank_before=before[hit.chunk.chunk_id],
            rerank_score=hit.scores.get("rerank"),
            rerank_last=final[: found.top_k][-1].scores.get("rerank"),
        )
    return _judged(found, hit, stages[through[-1].chunk.chunk_id])


def _hit_for(found: WhyNot, standing: Hit, final: Sequence[Hit]) -> Hit:
    """Return the hit that shows the document, or else the one that would, as it is ranked now."""
    for hit in final[: found.top_k]:
        if hit.chunk.doc_id == found.doc_id:
            return hit
    return next((hit for hit in final if hit.chunk.chunk_id == standing.chunk.chunk_id), standing)


def _judged(found: WhyNot, hit: Hit, last: tuple[StageScore, ...]) -> WhyNot:
    """Return ``found`` with the reason why ``hit`` is where it is."""
    if hit.rank <= found.top_k:
        return replace(found, reason=Reason.SHOWN if found.repeat_of is None else Reason.REPEAT)
    if found.rerank_score is not None:
        return replace(found, reason=Reason.RERANKED)
    loses_in = _loses_in(found.stages, last)
    return replace(found, reason=Reason.OUTRANKED, last_through=last, loses_in=loses_in)


def _chunk_ids(doc_id: DocId, index: TraceableIndex) -> set[ChunkId]:
    return {chunk.chunk_id for chunk in index.chunks_of(doc_id)}


def _nearest(
    asked: Asked, index: TraceableIndex, among: Selection | None
) -> list[tuple[ChunkId, float]]:
    """Return every chunk with its similarity, the nearest first."""
    return index.vectors.search(asked.vector[np.newaxis], len(index.vectors), among=among)[0]


def _reach(ranked: Sequence[tuple[ChunkId, float]], own: set[ChunkId]) -> Reach | None:
    last = ranked[CANDIDATES - 1][1] if len(ranked) > CANDIDATES else None
    for place, (chunk_id, score) in enumerate(ranked, 1):
        if chunk_id in own:
            return Reach(chunk_id, score, place, len(ranked), last)
    return None


def _loses_in(own: Sequence[StageScore], last: Sequence[StageScore]) -> str | None:
    """Return the stage in which ``own`` falls most behind, None if it does in none."""
    lost = {
        mine.stage: theirs.contribution - mine.contribution
        for mine, theirs in zip(own, last, strict=True)
    }
    stage = max(lost, key=lambda each: lost[each])
    return stage if lost[stage] > 0 else None
