"""Puts an answer together, each of its sentences with a receipt."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from briefqa.answering.abstention import (
    CALIBRATION,
    Calibration,
    Evidence,
    confidence,
    gather_evidence,
)
from briefqa.answering.sentences import (
    Quote,
    ScoredSentence,
    choose_quotes,
    content_weights,
    score_sentences,
)
from briefqa.datatypes import (
    Answer,
    AnswerSentence,
    Citation,
    Condition,
    DocId,
    Document,
    Hit,
    IndexInfo,
    Passage,
    Place,
    SearchResult,
    Span,
    Verdict,
)
from briefqa.protocols import Embedder, Reranker, Selection
from briefqa.retrieval import (
    DEFAULT_RERANK_TOP,
    Asked,
    SearchableIndex,
    check_limit,
    check_question,
    check_rerank_top,
    embed_question,
    find_hits,
    nothing_satisfies,
    rerank,
    term_weights,
)

_BRACKETED = re.compile(r"\[(\d+)\]")
_HITS_TO_QUOTE = 5
"""Evidence is weighed over these, however many passages are shown."""


class AnswerableIndex(SearchableIndex, Protocol):
    """The parts of an opened index that an answer needs."""

    @property
    def info(self) -> IndexInfo:
        """Names the generation and counts what it holds."""
        ...

    def document(self, doc_id: DocId, /) -> Document:
        """Return a document with its canonical text."""
        ...

    def matching(self, conditions: Sequence[Condition], /) -> Selection:
        """Return the chunks of the documents that satisfy all ``conditions``."""
        ...


@dataclass(slots=True)
class _Stopwatch:
    started: float = field(default_factory=time.perf_counter)
    laps: dict[str, float] = field(default_factory=dict)

    def lap(self, stage: str) -> None:
        """Add what passed since the last lap to ``stage``."""
        self.laps[stage] = self.laps.get(stage, 0.0) + self._ms() - sum(self.laps.values())

    def read(self) -> dict[str, float]:
        """Return milliseconds by stage, and in total."""
        return {name: round(ms, 3) for name, ms in {**self.laps, "total": self._ms()}.items()}

    def _ms(self) -> float:
        return (time.perf_counter() - self.started) * 1000


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How many hits are wanted, of which documents, and what puts the best in order."""

    k: int
    where: Sequence[Condition]
    reranker: Reranker | None
    rerank_top: int


def search_passages(  # noqa: PLR0913 - what is asked, of what, and how to rank it
    question: str,
    index: AnswerableIndex,
    embedder: Embedder,
    *,
    k: int,
    where: Sequence[Condition] = (),
    reranker: Reranker | None = None,
    rerank_top: int = DEFAULT_RERANK_TOP,
) -> SearchResult:
    """Return the ``k`` best passages for ``question``.

    Args:
        question: What is asked.
        index: Where to look.
        embedder: The model that the index was built with.
        k: How many passages to show.
        where: Checked conditions that their documents satisfy, all of them.
        reranker: Orders the best passages anew, if there is one.
        rerank_top: How many of them, from 1 to 100.

    Raises:
        LimitError: If ``k`` is not between 1 and 100.
        QuestionError: If the question is empty or too long.
    """
    check_limit(k)
    watch = _Stopwatch()
    question = check_question(question)
    asked = embed_question(question, embedder, index.words)
    watch.lap("embed")
    wanted = _Wanted(k, where, reranker, rerank_top)
    hits = _find(asked, index, wanted, watch)
    passages = _passages(hits, index)
    watch.lap("retrieve")
    return SearchResult(question, passages, index.info, watch.read(), tuple(where))


def answer_question(  # noqa: PLR0913 - what is asked, of what, and how sure to be
    question: str,
    index: AnswerableIndex,
    embedder: Embedder,
    *,
    k: int,
    where: Sequence[Condition] = (),
    reranker: Reranker | None = None,
    rerank_top: int = DEFAULT_RERANK_TOP,
    calibration: Calibration = CALIBRATION,
) -> Answer:
    """Answer with sentences of the documents, or decline.

    Args:
        question: What is asked.
        index: Where to look.
        embedder: The model that the index was built with.
        k: How many passages to show; the answer quotes from the first five.
        where: Checked conditions that their documents satisfy, all of them.
        reranker: Orders the best passages anew, if there is one.
        rerank_top: How many of them, from 1 to 100.
        calibration: Turns evidence into a probability, and says when to decline.

    Raises:
        LimitError: If ``k`` is not between 1 and 100.
        QuestionError: If the question is empty or too long.
    """
    check_limit(k)
    watch = _Stopwatch()
    question = check_question(question)
    asked = embed_question(question, embedder, index.words)
    watch.lap("embed")
    wanted = _Wanted(max(k, _HITS_TO_QUOTE), where, reranker, rerank_top)
    hits = _find(asked, index, wanted, watch)
    ranked, evidence = _weigh(asked, hits, index, embedder)
    certainty = confidence(evidence, calibration)
    is_answered = bool(ranked) and certainty >= calibration.threshold
    chosen = choose_quotes(ranked) if is_answered else []
    citations = tuple(_citation(n, q, index) for n, q in enumerate(chosen, 1))
    sentences = tuple(
        AnswerSentence(_said(c.quote), (c.number,), Verdict.SUPPORTED) for c in citations
    )
    watch.lap("extract")
    passages = _passages(hits[:k], index)
    return Answer(
        question=question,
        answered=is_answered,
        text=" ".join(f"{s.text} {''.join(f'[{n}]' for n in s.citations)}" for s in sentences),
        sentences=sentences,
        citations=citations,
        passages=passages,
        confidence=round(certainty, 4),
        reason=None if is_answered else _reason(hits, index, where),
        model=None,
        index=index.info,
        took_ms=watch.read(),
        conditions=tuple(where),
    )


def find_evidence(question: str, index: AnswerableIndex, embedder: Embedder) -> Evidence:
    """Return what speaks for ``question`` being answered by the documents.

    Raises:
        QuestionError: If the question is empty or too long.
    """
    question = check_question(question)
    asked = embed_question(question, embedder, index.words)
    hits = find_hits(asked, index, k=_HITS_TO_QUOTE)
    return _weigh(asked, hits, index, embedder)[1]


def _find(asked: Asked, index: AnswerableIndex, wanted: _Wanted, watch: _Stopwatch) -> list[Hit]:
    """Return the best hits of the documents that satisfy the conditions, if there are any."""
    among = index.matching(wanted.where) if wanted.where else None
    if wanted.reranker is None:
        hits = find_hits(asked, index, k=wanted.k, among=among)
        watch.lap("retrieve")
        return hits
    top = wanted.rerank_top
    check_rerank_top(top)
    candidates = find_hits(asked, index, k=max(wanted.k, top), among=among)
    watch.lap("retrieve")
    hits = rerank(asked.text, candidates, wanted.reranker, top=top)[: wanted.k]
    watch.lap("rerank")
    return hits


def _weigh(
    asked: Asked, hits: Sequence[Hit], index: AnswerableIndex, embedder: Embedder
) -> tuple[list[ScoredSentence], Evidence]:
    """Rank the sentences of the best hits, and say what they amount to."""
    best = hits[:_HITS_TO_QUOTE]
    weights = content_weights(term_weights(asked.text, index.words), index.words)
    ranked = score_sentences(asked, best, weights, index, embedder)
    return ranked, gather_evidence(best, ranked, weights, index.words)


def _said(quote: str) -> str:
    """Return ``quote`` on one line; its own ``[7]`` becomes ``(7)``, for ``[n]`` is a citation."""
    return _BRACKETED.sub(r"(\1)", " ".join(quote.split()))


def _reason(hits: Sequence[Hit], index: AnswerableIndex, where: Sequence[Condition]) -> str:
    if not index.info.documents:
        return "The index holds no documents."
    if not hits and where:
        return nothing_satisfies(where)
    return "The documents do not seem to answer this; the passages are the nearest found."


def _citation(number: int, quote: Quote, index: AnswerableIndex) -> Citation:
    chunk = quote.hit.chunk
    document = index.document(chunk.doc_id)
    return Citation(
        number=number,
        chunk_id=chunk.chunk_id,
        document=document.info,
        place=_place(document, quote.span, chunk.heading),
        span=quote.span,
        quote=quote.span.of(document.text),
    )


def _passages(hits: Sequence[Hit], index: AnswerableIndex) -> tuple[Passage, ...]:
    found: list[Passage] = []
    for hit in hits:
        document = index.document(hit.chunk.doc_id)
        place = _place(document, hit.chunk.span, hit.chunk.heading)
        found.append(Passage(hit, document.info, place))
    return tuple(found)


def _place(document: Document, span: Span, heading: tuple[str, ...]) -> Place:
    places = document.position_map
    return Place(heading, places.unit, places.number_at(document.text, span.start))
