"""Which sentences of the hits answer the question."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from briefqa.datatypes import Chunk, ChunkId, Hit, Span
from briefqa.protocols import Embedder, LexicalIndex, TokenIndex, TokenVectors
from briefqa.retrieval import Asked, SearchableIndex, held_terms
from briefqa.retrieval.repeats import repeated_in, shingles

_FEWEST_WORDS = 3
_FEWEST_CHARACTERS = 8
_UNFINISHED = (":", "?", "：", "？")  # noqa: RUF001 - these marks are meant
_SHARES = {"closeness": 0.3, "coverage": 0.3, "passage": 0.4}
_NEAR_BEST = 0.8
_MOST_QUOTES = 3
_MOST_EMBEDDED = 8
"""Sentences given to the model where there are no tokens; those that share most are."""

# What a document says of itself is quoted to who asks for it, and stands in nobody else's way.
_HEADER_LABELS = ("Title: ", "Author: ", "Authors: ", "Published: ")
_ASKS_FOR_HEADER = "author authored wrote written writes writer published dated titled title"

# A sentence that opens so leans on the one before it.
_LEANING = re.compile(
    r"(?:This|That|These|Those|Such|It|Its|They|Their|He|She|His|Her|There|Here|Both"
    r"|However|Similarly|Likewise|Moreover|Furthermore|Further|Also)\b"
)

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
    question's words it holds, by weight; ``score`` combines them with its hit's.
    ``leans_on`` is the sentence before, where this one makes little sense without it.
    """

    hit: Hit
    span: Span
    leans_on: Span | None
    text: str
    closeness: float
    coverage: float
    score: float

    @property
    def relevance(self) -> float:
        """What the sentence itself has to do with the question, whatever its passage."""
        return (self.closeness + self.coverage) / 2


def content_weights(weights: Mapping[str, float], words: LexicalIndex) -> dict[str, float]:
    """Return ``weights`` of a question's terms without those that only frame it.

    A question made of nothing else keeps them all.
    """
    frame = set(words.terms(_FRAME))
    return {t: w for t, w in weights.items() if t not in frame} or dict(weights)


def coverage(text: str, weights: Mapping[str, float], words: LexicalIndex) -> float:
    """Return the share, in [0, 1] and by weight, of the question's terms that ``text`` holds."""
    total = sum(weights.values())
    held = held_terms(text, words)
    return sum(w for term, w in weights.items() if term in held) / total if total else 0.0


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
    where the question asks who wrote something, or when.

    Where the index keeps no tokens, the sentences that share most with the question
    are embedded, and the others left out.
    """
    asks_for_header = bool(weights.keys() & set(index.words.terms(_ASKS_FOR_HEADER)))
    quotable = [
        _scored(
            hit, span, leans_on, text, closeness=0.0, covered=coverage(text, weights, index.words)
        )
        for hit in hits
        for span, leans_on, text in _sentences(hit.chunk)
        if _is_quotable(text) and (asks_for_header or not text.startswith(_HEADER_LABELS))
    ]
    if index.tokens is not None and asked.tokens is not None:
        closeness = _token_similarities(asked.tokens, quotable, index.tokens)
    else:
        quotable = sorted(quotable, key=_order)[:_MOST_EMBEDDED]
        rows = embedder.embed_documents([s.text for s in quotable])
        closeness = np.clip(rows @ asked.vector, 0, 1).tolist()
    scored = [
        _scored(s.hit, s.span, s.leans_on, s.text, closeness=close, covered=s.coverage)
        for s, close in zip(quotable, closeness, strict=True)
    ]
    return sorted(scored, key=_order)


def _token_similarities(
    query: TokenVectors, sentences: Sequence[ScoredSentence], tokens: TokenIndex
) -> list[float]:
    """Compare each sentence, these standing together by chunk and in order, with a question."""
    parts: list[tuple[ChunkId, list[int]]] = []
    wanted: list[list[int]] = []
    for chunk, group in groupby(sentences, key=lambda each: each.hit.chunk):
        before = len(chunk.embedded_text) - len(chunk.text) - chunk.span.start
        # Of all sentences: one ends where the next begins, be it quotable or not.
        places = [span.start for span in chunk.sentences]
        parts.append((chunk.chunk_id, [before + place for place in places]))
        wanted.append([places.index(each.span.start) for each in group])
    found = tokens.part_similarities(query, parts)
    return [
        float(similarities[place])
        for similarities, places in zip(found, wanted, strict=True)
        for place in places
    ]


def _order(sentence: ScoredSentence) -> tuple[float, int, Span]:
    return -sentence.score, sentence.hit.rank, sentence.span


def _sentences(chunk: Chunk) -> Iterator[tuple[Span, Span | None, str]]:
    """Yield each sentence of ``chunk``, the one it leans on, if any, and its text."""
    before: Span | None = None
    for span in chunk.sentences:
        text = _text_in(chunk, span)
        yield span, before if _LEANING.match(text) else None, text
        before = span


def _is_quotable(text: str) -> bool:
    # Chinese and Japanese put no spaces between words.
    says_enough = len(text.split()) >= _FEWEST_WORDS or (
        not text.isascii() and len(text) >= _FEWEST_CHARACTERS
    )
    return says_enough and not text.rstrip("*_ ”’\"'").endswith(_UNFINISHED)


def _scored(  # noqa: PLR0913 - the fields of the record
    hit: Hit, span: Span, leans_on: Span | None, text: str, *, closeness: float, covered: float
) -> ScoredSentence:
    score = (
        _SHARES["closeness"] * closeness
        + _SHARES["coverage"] * covered
        + _SHARES["passage"] * hit.score
    )
    return ScoredSentence(hit, span, leans_on, text, closeness, covered, score)


@dataclass(frozen=True, slots=True)
class Quote:
    """A span chosen for an answer, and the hit it comes from."""

    hit: Hit
    span: Span


def choose_quotes(ranked: Sequence[ScoredSentence]) -> list[Quote]:
    """Choose at most three quotes, in an order that reads well.

    The best sentence leads; the others follow if they come near it and say
    something else, those of one document together and as they stand there. A
    sentence that leans on the one before is quoted with it.
    """
    quotes: list[Quote] = []
    said: list[frozenset[object]] = []
    for sentence in ranked:
        if len(quotes) == _MOST_QUOTES:
            break
        if sentence.relevance < _NEAR_BEST * ranked[0].relevance:
            continue
        words = shingles(sentence.text)
        if repeated_in(words, said) is None:
            quotes.append(_quote(sentence, quotes))
            said.append(words)
            if sentence.leans_on is not None:
                said.append(shingles(_text_in(sentence.hit.chunk, sentence.leans_on)))
    order = list(dict.fromkeys(quote.hit.chunk.doc_id for quote in quotes))
    rest = sorted(quotes[1:], key=lambda q: (order.index(q.hit.chunk.doc_id), q.span))
    return quotes[:1] + rest


def _quote(sentence: ScoredSentence, quotes: Sequence[Quote]) -> Quote:
    """Return what to quote: more than the sentence if it leans on one not yet quoted."""
    before = sentence.leans_on
    doc_id = sentence.hit.chunk.doc_id
    is_quoted = before is not None and any(
        q.hit.chunk.doc_id == doc_id and q.span.start <= before.start < q.span.end for q in quotes
    )
    start = sentence.span.start if before is None or is_quoted else before.start
    return Quote(sentence.hit, Span(start, sentence.span.end))


def _text_in(chunk: Chunk, span: Span) -> str:
    return chunk.text[span.start - chunk.span.start : span.end - chunk.span.start]
