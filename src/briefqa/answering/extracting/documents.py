"""Questions about the documents themselves: which speak of something, who wrote them, and when."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from briefqa.answering.extracting.asking import DOCUMENT_WORDS, Form, Kind, Request
from briefqa.answering.extracting.choosing import Quote
from briefqa.answering.extracting.listing import DocumentedIndex
from briefqa.answering.extracting.scoring import (
    HEADER_LABELS,
    ScoredSentence,
    content_weights,
    coverage,
    score_sentences,
    text_in,
)
from briefqa.datatypes import DocId, Hit
from briefqa.protocols import Embedder, LexicalIndex, Selection
from briefqa.retrieval import (
    MOST_HITS,
    Asked,
    SearchableIndex,
    embed_question,
    find_hits,
    term_weights,
)

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
"""As good as the best must be the header of another document that may be meant."""
_MOST_HEADERS = 3
_WROTE = re.compile(
    r"\bwrote\b|\b(?:written|authored|published|produced|released|issued) (?:by|in|on)\b",
    re.IGNORECASE,
)
_FRAMES_WORKS = (
    f"{DOCUMENT_WORDS} author authored authors wrote written write writes writer published publish "
    "produced produce released issued dated date dates year title titled called named discuss "
    "discusses talk talks speak speaks deal deals cover covers focus address addresses concern "
    "examine examines consider considers look looks touch refer refers"
)


@dataclass(frozen=True, slots=True)
class _Work:
    """A document among the hits: its best hits, the header it opens with, and that one's title."""

    hits: tuple[Hit, ...]
    header: Quote | None = None
    text: str = ""

    @property
    def title(self) -> str:
        return self.text.partition("\n")[0]


def quote_documents(  # noqa: PLR0913 - as `score_sentences`, and what may be searched
    asked: Asked,
    request: Request,
    ranked: Sequence[ScoredSentence],
    index: DocumentedIndex,
    embedder: Embedder,
    *,
    among: Selection | None = None,
) -> list[Quote]:
    """Return what answers a question about documents, at most ten; nothing if it asks for none.

    Which documents discuss something: the best sentence of each. Who wrote one, when, or
    which ones someone wrote: the lines at its head that say so.

    Args:
        asked: The question.
        request: What it asks for.
        ranked: The sentences of the best hits, best first.
        index: Where to look, deeper than for other questions.
        embedder: The model that the index was built with.
        among: The chunks to search, all of them if unset.
    """
    if request.form not in {Form.DOCUMENTS, Form.HEADER, Form.WORKS}:
        return []
    if request.topic != asked.text:
        asked = embed_question(request.topic, embedder, index.words)
    frame = set(index.words.terms(_FRAMES_WORKS))
    weights = {
        term: weight
        for term, weight in content_weights(
            term_weights(request.topic, index.words), index.words
        ).items()
        if term not in frame
    }
    if not weights:
        return []
    hits = find_hits(asked, index, k=MOST_HITS, among=among)
    works = _works(hits)
    if request.form is Form.DOCUMENTS:
        return _speaking(asked, works, weights, index, embedder)
    with_headers = [_with_header(work, index) for work in works]
    if request.form is Form.WORKS:
        return _named_in_header(with_headers, weights, index.words)
    if _is_said_inside(ranked, weights, index.words):
        return []
    return _meant(request, with_headers, weights, index.words)


def _works(hits: Sequence[Hit]) -> list[_Work]:
    """Gather hits by document, that of the best hit first."""
    found: dict[DocId, list[Hit]] = {}
    for hit in hits:
        found.setdefault(hit.chunk.doc_id, []).append(hit)
    works = [_Work(tuple(each[:_PASSAGES_EACH])) for each in found.values()]
    return works[:_MOST_LOOKED_AT]


def _with_header(work: _Work, index: DocumentedIndex) -> _Work:
    """Return ``work`` with the lines that its document opens with, if these are a header."""
    first = next(iter(index.chunks_of(work.hits[0].chunk.doc_id)), None)
    if first is None or not first.sentences:
        return work
    text = text_in(first, first.sentences[0])
    if not text.startswith(HEADER_LABELS):
        return work
    best = work.hits[0]
    hit = next((each for each in work.hits if each.chunk == first), None)
    hit = hit or Hit(first, best.score, best.rank, best.scores)
    return _Work(work.hits, Quote(hit, first.sentences[0]), text)


def _speaking(
    asked: Asked,
    works: Sequence[_Work],
    weights: Mapping[str, float],
    index: SearchableIndex,
    embedder: Embedder,
) -> list[Quote]:
    """Return the best sentence of each document that speaks of what is asked."""
    speaking = [hit for work in works if _holds(work, weights, index.words) for hit in work.hits]
    ranked = score_sentences(asked, speaking, weights, index, embedder)
    best: dict[DocId, ScoredSentence] = {}
    for sentence in ranked:
        best.setdefault(sentence.hit.chunk.doc_id, sentence)
    near = [each for each in best.values() if each.score >= _NEAR_BEST * ranked[0].score]
    return [Quote(each.hit, each.span) for each in near[:MOST_DOCUMENTS]]


def _holds(work: _Work, weights: Mapping[str, float], words: LexicalIndex) -> bool:
    return any(coverage(hit.chunk.embedded_text, weights, words) >= _HELD for hit in work.hits)


def _named_in_header(
    works: Sequence[_Work], weights: Mapping[str, float], words: LexicalIndex
) -> list[Quote]:
    """Return the headers that hold every word that is left of the question: a name, a year."""
    return [
        work.header
        for work in works
        if work.header is not None and weights.keys() <= set(words.terms(work.text))
    ][:MOST_DOCUMENTS]


def _meant(
    request: Request,
    works: Sequence[_Work],
    weights: Mapping[str, float],
    words: LexicalIndex,
) -> list[Quote]:
    """Return the header of the document that the question means, if its title tells."""
    label = "Published: " if request.kind is Kind.DATE else "Author"
    found = [
        (in_title + work.hits[0].score, work.header)
        for work in works
        if work.header is not None and f"\n{label}" in f"\n{work.text}"
        for in_title in [coverage(work.title, weights, words)]
        if in_title >= _IN_TITLE
    ]
    found.sort(key=lambda each: -each[0])
    near = [header for score, header in found if score >= _AS_WELL * found[0][0]]
    return near[:_MOST_HEADERS]


def _is_said_inside(
    ranked: Sequence[ScoredSentence], weights: Mapping[str, float], words: LexicalIndex
) -> bool:
    """Tell whether the best sentence says just this, and is no header."""
    if not ranked or ranked[0].text.startswith(HEADER_LABELS):
        return False
    text = ranked[0].text
    return _WROTE.search(text) is not None and weights.keys() <= set(words.terms(text))
