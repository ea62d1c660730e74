"""Puts an answer together, each of its sentences with a receipt."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

from briefqa.answering.abstention import check_risk, confidence, threshold_for
from briefqa.answering.citing import AnswerableIndex, passages_of
from briefqa.answering.declining import Missing, find_missing, reason_to_decline
from briefqa.answering.drafting import Draft, draft_extracted, draft_written
from briefqa.answering.evidence import Evidence, gather_evidence
from briefqa.answering.extracting import Extract, Request, content_weights, extract, read_question
from briefqa.answering.options import Models, Options
from briefqa.datatypes import (
    Answer,
    AnswerEvent,
    Chunk,
    Condition,
    Hit,
    Passage,
    PassagesFound,
    SearchResult,
    StillWriting,
)
from briefqa.protocols import Embedder
from briefqa.retrieval import (
    RANK,
    RETRIEVE,
    Asked,
    check_limit,
    check_question,
    check_rerank_top,
    embed_question,
    find_hits,
    nothing_satisfies,
    rerank,
    term_weights,
)
from briefqa.retrieval.timing import Stopwatch

_HITS_TO_QUOTE = 5
"""Evidence is weighed over these, however many passages are shown."""


def search_passages(
    question: str, index: AnswerableIndex, models: Models, options: Options
) -> SearchResult:
    """Return the best passages for ``question``.

    Args:
        question: What is asked.
        index: Where to look.
        models: The embedder that the index was built with; its reranker, if there is one.
        options: How many passages to show, and of which documents.

    Raises:
        LimitError: If a number in ``options`` is out of its bounds.
        QuestionError: If the question is empty or too long.
    """
    check_limit(options.k)
    watch = Stopwatch()
    question = check_question(question)
    asked = embed_question(question, models.embedder, index.words)
    watch.lap("embed")
    hits = _find(asked, index, models, options, watch, k=options.k)
    passages = passages_of(hits, index)
    watch.lap(RETRIEVE, RANK)
    return SearchResult(
        question,
        passages,
        index.info,
        watch.read(),
        options.where,
        undated=index.undated(options.where),
        superseded=len(index.superseded(options.where)),
        stages=tuple(watch.stages),
    )


def answer_question(
    question: str, index: AnswerableIndex, models: Models, options: Options
) -> Answer:
    """Answer with sentences that the documents hold, or decline; arguments as `stream_answer`."""
    return whole_answer(stream_answer(question, index, models, options))


def stream_answer(
    question: str, index: AnswerableIndex, models: Models, options: Options
) -> Generator[AnswerEvent, None, None]:
    """Yield the passages, then each sentence once it is judged, then the answer as a whole.

    Mistakes are raised here, before the first event is asked for.

    Args:
        question: What is asked.
        index: Where to look.
        models: The embedder that the index was built with; what orders the passages anew
            and what writes, if they are there; and what turns evidence into a probability.
        options: How many passages to show (an answer rests on the first five), of which
            documents, and when to decline; and what was asked before.

    Raises:
        LimitError: If a number in ``options`` is out of its bounds, or its history too long.
        QuestionError: If the question, or one of the history, is empty or too long.
    """
    check_limit(options.k)
    check_risk(options.risk)
    if options.history:
        from briefqa.answering.conversation import check_history  # noqa: PLC0415 - as below

        check_history(options.history)
    return _answering(check_question(question), index, models, options)


def whole_answer(events: Iterable[AnswerEvent]) -> Answer:
    """Return the answer that ``events`` end with."""
    return next(event for event in events if isinstance(event, Answer))


@dataclass(frozen=True, slots=True)
class Weighed:
    """The evidence for a question, and the passage that comes nearest, if there is any."""

    evidence: Evidence
    nearest: Chunk | None


def weigh_question(question: str, index: AnswerableIndex, embedder: Embedder) -> Weighed:
    """Return what speaks for ``question`` being answered by the documents, and against it.

    Raises:
        QuestionError: If the question is empty or too long.
    """
    question = check_question(question)
    request = read_question(question)
    asked = embed_question(request.topic, embedder, index.words)
    hits = find_hits(asked, index, k=_HITS_TO_QUOTE, among=index.searched(()))
    _, evidence = _weigh(asked, request, hits, index, embedder, where=())
    return Weighed(evidence, hits[0].chunk if hits else None)


def _answering(
    question: str, index: AnswerableIndex, models: Models, options: Options
) -> Generator[AnswerEvent, None, None]:
    watch = Stopwatch()
    standing = yield from _standing_alone(question, models, options)
    if options.history:
        watch.lap("rewrite")
    request = read_question(standing)
    asked = embed_question(request.topic, models.embedder, index.words)
    watch.lap("embed")
    k = max(options.k, _HITS_TO_QUOTE)
    hits = _find(asked, index, models, options, watch, k=k)
    found, evidence = _weigh(asked, request, hits, index, models.embedder, where=options.where)
    certainty = confidence(evidence, models.calibration)
    passages = passages_of(hits[: options.k], index)
    watch.lap("extract")
    rewritten = standing if standing != question else None
    yield PassagesFound(passages, index.info, rewritten)
    watch.leave_out()
    threshold = threshold_for(options.risk, models.calibration)
    is_answered = bool(found.quotes) and certainty >= threshold
    missing = Missing() if is_answered else _missing(asked, hits[: options.k], index)
    draft = Draft()
    if is_answered and models.writer is not None:
        writer, policy = models.writer, options.policy
        draft = yield from draft_written(
            standing, hits, index, writer, watch, policy=policy, instead=found
        )
    elif is_answered:
        draft = yield from draft_extracted(found, index, watch)
    yield Answer(
        question=question,
        answered=is_answered,
        text=draft.text,
        sentences=draft.sentences,
        citations=draft.citations,
        passages=passages,
        confidence=round(certainty, 4),
        reason=None if is_answered else _reason(missing, passages, index, options.where),
        missing=missing.texts,
        model=draft.model,
        index=index.info,
        took_ms=watch.read(),
        conditions=options.where,
        undated=index.undated(options.where),
        superseded=len(index.superseded(options.where)),
        asked=rewritten,
        disagreements=draft.disagreements,
        withheld=draft.withheld,
        fault=draft.fault,
        stages=tuple(watch.stages),
    )


def _standing_alone(
    question: str, models: Models, options: Options
) -> Generator[StillWriting, None, str]:
    """Return ``question`` with what it leans on of the history put in."""
    if not options.history:
        return question
    # Slow to import, and most questions are the first.
    from briefqa.answering.conversation import rewriting, self_contained  # noqa: PLC0415

    if models.writer is None:
        return self_contained(question, options.history)
    return (yield from rewriting(models.writer.model, question, options.history))


def _find(  # noqa: PLR0913 - what is asked, of what, how, and how long it takes
    asked: Asked,
    index: AnswerableIndex,
    models: Models,
    options: Options,
    watch: Stopwatch,
    *,
    k: int,
) -> list[Hit]:
    """Return the best hits of the documents that satisfy the conditions, if there are any."""
    among = index.searched(options.where)
    watch.lap(RETRIEVE, "filter")
    if models.reranker is None:
        hits = find_hits(asked, index, k=k, among=among, watch=watch)
        watch.lap(RETRIEVE, RANK)
        return hits
    top = options.rerank_top
    check_rerank_top(top)
    candidates = find_hits(asked, index, k=max(k, top), among=among, watch=watch)
    watch.lap(RETRIEVE, RANK)
    hits = rerank(asked.text, candidates, models.reranker, top=top)[:k]
    watch.lap("rerank")
    return hits


def _weigh(  # noqa: PLR0913 - what is asked, and of what
    asked: Asked,
    request: Request,
    hits: Sequence[Hit],
    index: AnswerableIndex,
    embedder: Embedder,
    *,
    where: Sequence[Condition],
) -> tuple[Extract, Evidence]:
    """Take from the best hits what answers, and say what it amounts to."""
    best = hits[:_HITS_TO_QUOTE]
    found = extract(asked, request, best, index, embedder, among=index.searched(where))
    return found, gather_evidence(asked.text, best, found.ranked, found.weights, index.words)


def _missing(asked: Asked, shown: Sequence[Hit], index: AnswerableIndex) -> Missing:
    if not shown:
        return Missing()
    weights = content_weights(term_weights(asked.text, index.words), index.words)
    return find_missing(asked.text, shown, weights, index.words)


def _reason(
    missing: Missing,
    shown: Sequence[Passage],
    index: AnswerableIndex,
    where: Sequence[Condition],
) -> str:
    if not index.info.documents:
        return "The index holds no documents."
    if not shown and where:
        return nothing_satisfies(where)
    return reason_to_decline(missing, shown=len(shown))
