"""Questions about the documents themselves: which speak of something, who wrote them, and when."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from briefqa.answering.extracting.asking import DOCUMENT_WORDS, Form, Request
from briefqa.answering.extracting.holding import holds_kind
from briefqa.answering.extracting.listing import DocumentedIndex
from briefqa.answering.extracting.scoring import (
    HEADER_ANSWERS,
    ScoredSentence,
    content_weights,
    coverage,
    is_header,
    score_sentences,
    text_in,
)
from briefqa.datatypes import DocId, Hit, Span
from briefqa.protocols import Embedder, LexicalIndex, Selection
from briefqa.retrieval import MOST_HITS, Asked, SearchableIndex, find_hits, term_weights

MOST_DOCUMENTS = 10
"""Most documents that an answer names."""

_MOST_LOOKED_AT = 30
_PASSAGES_EACH = 3
"""Passages of each document among which its best sentence is looked for."""
_NEAR_BEST = 0.75
_HELD = 0.6
"""Share of the words of a subject, by weight, that a document must hold to speak of it."""
_IN_TITLE = 0.5
"""Share of them that a title must hold for the document to be the one that is meant."""
_AS_WELL = 0.95
"""As good as the best must be the title of another document that may be meant."""
_MOST_MEANT = 3
_WROTE = re.compile(
    r"\bwrote\b|\b(?:written|authored|published|produced|released|issued) (?:by|in|on)\b",
    re.IGNORECASE,
)
_FRAME = (
    f"{DOCUMENT_WORDS} author authored authors wrote written write writes writer published publish "
    "produced produce released issued dated date dates year title titled called named all every any"
)


@dataclass(frozen=True, slots=True)
class _Header:
    """The lines that a document opens with, and the passage that they stand in."""

    hit: Hit
    span: Span
    text: str

    @property
    def title(self) -> str:
        return self.text.partition("\n")[0]


def find_documents(  # noqa: PLR0913 - a question as several stages see it, and where to look
    asked: Asked,
    request: Request,
    ranked: Sequence[ScoredSentence],
    index: DocumentedIndex,
    embedder: Embedder,
    *,
    among: Selection | None = None,
) -> list[ScoredSentence]:
    """Return what answers a question about documents, at most ten; nothing if it asks for none.

    Which documents discuss something: the best sentence of each. Who wrote one, when, or
    which ones someone wrote: the lines at its head that say so, scored by the share of what
    is asked for that they hold.

    Args:
        asked: The topic of ``request``.
        request: What the question asks for.
        ranked: The sentences of the best hits, best first.
        index: Where to look, deeper than for other questions.
        embedder: The model that the index was built with.
        among: The chunks to search, all of them if unset.
    """
    if request.form not in {Form.DOCUMENTS, Form.HEADER, Form.WORKS}:
        return []
    weights = _subject_weights(asked.text, index.words)
    if not weights:
        return []
    works = _by_document(find_hits(asked, index, k=MOST_HITS, among=among))
    if request.form is Form.DOCUMENTS:
        return _speaking(asked, works, weights, index, embedder)
    headers = [header for work in works if (header := _header_of(work, index))]
    if request.form is Form.WORKS:
        return _naming(request, headers, weights, index.words)
    if _is_said_inside(ranked, weights, index.words):
        return []
    return _meant(request, headers, weights, index.words)


def _subject_weights(topic: str, words: LexicalIndex) -> dict[str, float]:
    """Return the weights of the terms of ``topic`` that tell documents apart."""
    frame = set(words.terms(_FRAME))
    weights = content_weights(term_weights(topic, words), words)
    return {term: weight for term, weight in weights.items() if term not in frame}


def _by_document(hits: Sequence[Hit]) -> list[list[Hit]]:
    """Return the best hits of each document, that of the best hit first."""
    found: dict[DocId, list[Hit]] = {}
    for hit in hits:
        found.setdefault(hit.chunk.doc_id, []).append(hit)
    return [each[:_PASSAGES_EACH] for each in found.values()][:_MOST_LOOKED_AT]


def _speaking(
    asked: Asked,
    works: Sequence[Sequence[Hit]],
    weights: Mapping[str, float],
    index: SearchableIndex,
    embedder: Embedder,
) -> list[ScoredSentence]:
    """Return the best sentence of each document that speaks of what is asked."""
    speaking = [hit for hits in works if _speaks(hits, weights, index.words) for hit in hits]
    ranked = score_sentences(asked, speaking, weights, index, embedder)
    best: dict[DocId, ScoredSentence] = {}
    for sentence in ranked:
        best.setdefault(sentence.hit.chunk.doc_id, sentence)
    near = [each for each in best.values() if each.score >= _NEAR_BEST * ranked[0].score]
    return near[:MOST_DOCUMENTS]


def _speaks(hits: Sequence[Hit], weights: Mapping[str, float], words: LexicalIndex) -> bool:
    return any(coverage(hit.chunk.embedded_text, weights, words) >= _HELD for hit in hits)


def _header_of(hits: Sequence[Hit], index: DocumentedIndex) -> _Header | None:
    """Return the header of the document that ``hits`` are of, if it opens with one."""
    first = next(iter(index.chunks_of(hits[0].chunk.doc_id)), None)
    if first is None or not first.sentences:
        return None
    span = first.sentences[0]
    text = text_in(first, span)
    return _Header(replace(hits[0], chunk=first), span, text) if is_header(text) else None


def _naming(
    request: Request,
    headers: Sequence[_Header],
    weights: Mapping[str, float],
    words: LexicalIndex,
) -> list[ScoredSentence]:
    """Return the headers that hold every word that is left of the question: a name, a year."""
    return [
        _scored(header, request, 1.0)
        for header in headers
        if weights.keys() <= set(words.terms(header.text.partition("\n")[2]))
    ][:MOST_DOCUMENTS]


def _meant(
    request: Request,
    headers: Sequence[_Header],
    weights: Mapping[str, float],
    words: LexicalIndex,
) -> list[ScoredSentence]:
    """Return the header of the document that the question means, if its title tells."""
    label = HEADER_ANSWERS.get(request.kind, "")
    found = [
        (share, header)
        for header in headers
        if label in header.text and (share := coverage(header.title, weights, words)) >= _IN_TITLE
    ]
    found.sort(key=lambda each: -each[0])
    return [
        _scored(header, request, share)
        for share, header in found[:_MOST_MEANT]
        if share >= _AS_WELL * found[0][0]
    ]


def _scored(header: _Header, request: Request, share: float) -> ScoredSentence:
    return ScoredSentence(
        header.hit,
        header.span,
        leans_on=None,
        text=header.text,
        closeness=share,
        coverage=share,
        score=share,
        context=share,
        fits=holds_kind(request, header.text),
    )


def _is_said_inside(
    ranked: Sequence[ScoredSentence], weights: Mapping[str, float], words: LexicalIndex
) -> bool:
    """Tell whether the best sentence says just this, and is no header."""
    if not ranked or is_header(ranked[0].text):
        return False
    text = ranked[0].text
    return _WROTE.search(text) is not None and weights.keys() <= set(words.terms(text))
