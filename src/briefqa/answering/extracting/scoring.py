"""How well each sentence of the hits answers the question."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from briefqa.answering.extracting.asking import Form, Kind, Request, read_question
from briefqa.answering.extracting.holding import holds_kind
from briefqa.answering.extracting.leaning import leans
from briefqa.answering.extracting.lists import lists_in
from briefqa.datatypes import Chunk, Hit, Span
from briefqa.protocols import Embedder, LexicalIndex
from briefqa.retrieval import Asked, SearchableIndex, held_terms

_FEWEST_WORDS = 3
_FEWEST_CHARACTERS = 8
_UNFINISHED = (":", "?", "：", "？")  # noqa: RUF001 - these marks are meant
_MOST_EMBEDDED = 8
"""Sentences given to the model where there are no tokens; those that share most are."""

# Fitted by benchmarks/fit_sentences.py, which prints these numbers and what they do.
CLOSENESS, WORDS, PASSAGE = 8.0, 4.0, 6.0
FITS: Mapping[Kind, float] = {
    Kind.NAME: 0.8,
    Kind.PLACE: 0.8,
    Kind.DATE: 1.8,
    Kind.NUMBER: 1.8,
    Kind.AMOUNT: 1.8,
    Kind.DEFINITION: 3.0,
}
"""What a sentence that holds a thing of the kind asked for gains over one that does not."""

# What a document says of itself is quoted to who asks for it, and stands in nobody else's way.
_HEADER_LABELS = ("Title: ", "Author: ", "Authors: ", "Published: ")
HEADER_ANSWERS: Mapping[Kind, str] = {Kind.DATE: "Published: ", Kind.NAME: "Author"}
"""What stands in a header that answers a question for such a thing."""
_ASKS_FOR_HEADER = "author authored wrote written writes writer published dated titled title"

# Words that frame a question and that an answer need not repeat.
_FRAME = (
    "according answer any brief briefs call called count counts describe document documents "
    "explain give given gives list mean means mention mentions name paper report reports say "
    "says show state states tell text"
)


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence that may be quoted.

    ``closeness`` is its similarity to the question, ``coverage`` the share of the
    question's words it holds, by weight; ``context`` is that share together with the
    sentence it leans on, or with what announces the list that it is of. ``fits`` is 1 if it
    holds a thing of the kind asked for, 0 if it does not, and None where that cannot be
    told. ``score`` combines all but ``coverage`` with its hit's. ``leans_on`` is the
    sentence before, where this one makes little sense without it.
    """

    hit: Hit
    span: Span
    leans_on: Span | None
    text: str
    closeness: float
    coverage: float
    score: float
    context: float = 0.0
    fits: float | None = None


def content_weights(weights: Mapping[str, float], words: LexicalIndex) -> dict[str, float]:
    """Return ``weights`` of a question's terms without those that only frame it.

    A question made of nothing else keeps them all.
    """
    frame = set(words.terms(_FRAME))
    return {t: w for t, w in weights.items() if t not in frame} or dict(weights)


def coverage(text: str, weights: Mapping[str, float], words: LexicalIndex) -> float:
    """Return the share, in [0, 1] and by weight, of the question's terms that ``text`` holds."""
    return _share(held_terms(text, words), weights)


def score_sentences(
    asked: Asked,
    hits: Sequence[Hit],
    weights: Mapping[str, float],
    index: SearchableIndex,
    embedder: Embedder,
) -> list[ScoredSentence]:
    """Score the quotable sentences of ``hits``, best first.

    A sentence that only announces what follows it (it ends in a colon), asks,
    or has fewer than three words is not quotable; a document's header only is
    where the question asks who wrote something, or when, and the header says so.

    Where the index keeps no tokens, the sentences that share most with the question
    are embedded, and the others left out.

    Args:
        asked: The question.
        hits: Passages, best first.
        weights: Of the question's terms, without those that only frame it.
        index: Where the hits come from.
        embedder: The model that the index was built with.
    """
    request = read_question(asked.text)
    asks_for_header = bool(weights.keys() & set(index.words.terms(_ASKS_FOR_HEADER)))
    quotable = [
        sentence
        for hit in hits
        for sentence in _sentences(hit, request, weights, index.words)
        if is_quotable(sentence.text)
        and (
            not is_header(sentence.text)
            or (asks_for_header and HEADER_ANSWERS.get(request.kind, "") in sentence.text)
        )
    ]
    if all(hit.similarities for hit in hits):
        return _best_first(quotable, [_similarity(each) for each in quotable], request.kind)
    quotable = _best_first(quotable, [0.0] * len(quotable), request.kind)[:_MOST_EMBEDDED]
    rows = embedder.embed_documents([s.text for s in quotable])
    return _best_first(quotable, np.clip(rows @ asked.vector, 0, 1).tolist(), request.kind)


def _similarity(sentence: ScoredSentence) -> float:
    """Return how near the sentence comes to the question, as its hit has it."""
    return sentence.hit.similarities[sentence.hit.chunk.sentences.index(sentence.span)]


def _best_first(
    sentences: Sequence[ScoredSentence], closeness: Sequence[float], kind: Kind
) -> list[ScoredSentence]:
    """Return ``sentences`` with their scores, given how close each comes to the question."""
    fit = FITS.get(kind, 0.0)
    total = CLOSENESS + WORDS + PASSAGE + fit
    scored = [
        replace(
            each,
            closeness=close,
            score=(
                CLOSENESS * close
                + WORDS * each.context
                + PASSAGE * each.hit.score
                + fit * (each.fits or 0.0)
            )
            / total,
        )
        for each, close in zip(sentences, closeness, strict=True)
    ]
    return sorted(scored, key=_order)


def is_quotable(text: str) -> bool:
    """Tell whether a sentence says something by itself: it neither announces nor asks."""
    # Chinese and Japanese put no spaces between words.
    says_enough = len(text.split()) >= _FEWEST_WORDS or (
        not text.isascii() and len(text) >= _FEWEST_CHARACTERS
    )
    return says_enough and not text.rstrip("*_ ”’\"'").endswith(_UNFINISHED)


def is_header(text: str) -> bool:
    """Tell whether ``text`` is what a document says of itself before it begins."""
    return text.startswith(_HEADER_LABELS)


def text_in(chunk: Chunk, span: Span) -> str:
    """Return the words of ``chunk`` at ``span`` of its document."""
    return chunk.text[span.start - chunk.span.start : span.end - chunk.span.start]


def _share(held: set[str], weights: Mapping[str, float]) -> float:
    total = sum(weights.values())
    return sum(w for term, w in weights.items() if term in held) / total if total else 0.0


def _sentences(
    hit: Hit, request: Request, weights: Mapping[str, float], words: LexicalIndex
) -> Iterator[ScoredSentence]:
    """Yield each sentence of ``hit`` with what its score is made of, but its closeness."""
    before: Span | None = None
    held_before: set[str] = set()
    announced = _announced(hit.chunk, words) if request.form is Form.LIST else {}
    for span in hit.chunk.sentences:
        text = text_in(hit.chunk, span)
        held = held_terms(text, words)
        leans_on = before if leans(text) else None
        own = _share(held, weights)
        context = held_before if leans_on else announced.get(span, set())
        yield ScoredSentence(
            hit,
            span,
            leans_on,
            text,
            closeness=0.0,
            coverage=own,
            score=0.0,
            context=_share(held | context, weights) if context else own,
            fits=holds_kind(request, text),
        )
        before, held_before = span, held


def _announced(chunk: Chunk, words: LexicalIndex) -> dict[Span, set[str]]:
    """Return what announces the lists of ``chunk``, line and heading, by sentence of an item."""
    heading = " ".join(chunk.heading[-1:])
    return {
        span: held_terms(f"{heading}\n{found.announced.text if found.announced else ''}", words)
        for found in lists_in([chunk])
        for span in chunk.sentences
        if found.announced is None or span != found.announced.span
        if found.has(span)
    }


def _order(sentence: ScoredSentence) -> tuple[float, int, Span]:
    return -sentence.score, sentence.hit.rank, sentence.span
