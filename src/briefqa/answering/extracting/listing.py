"""A list that the documents hold is quoted as a list: what announces it, and its items."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from briefqa.answering.extracting.asking import Form, Request
from briefqa.answering.extracting.choosing import Quote
from briefqa.answering.extracting.lists import ItemList, Line, lists_in
from briefqa.answering.extracting.scoring import (
    ScoredSentence,
    content_weights,
    coverage,
)
from briefqa.datatypes import Chunk, DocId, Hit
from briefqa.protocols import LexicalIndex
from briefqa.retrieval import SearchableIndex, term_weights
from briefqa.retrieval.repeats import repeated_in, shingles

MOST_LISTED = 8
"""Most quotes of a list, the line that announces it included."""

_MOST_LOOKED_AT = 5
_AS_GOOD = 0.95
"""As good as the best must be a sentence that brings its list into the answer."""
_NEAR_BEST = 0.83
_ANNOUNCED = 0.5
"""Share of the question's words, by weight, that say of what the list is."""
_FEWEST_NEAR = 2
"""Items that must come near the best where what announces them says nothing of the matter."""
_AROUND = 4
"""Chunks before that of a sentence, and after it, into which its list may reach."""


class DocumentedIndex(SearchableIndex, Protocol):
    """The parts of an opened index that it takes to look at whole documents."""

    def chunks_of(self, doc_id: DocId, /) -> Sequence[Chunk]:
        """Return the chunks of a document, in reading order."""
        ...


def quote_list(
    ranked: Sequence[ScoredSentence], request: Request, index: DocumentedIndex
) -> list[Quote]:
    """Return the list that the best sentence announces or is of, if a list is asked for.

    Where the best is of no list, one that is nearly as good may be. Of a list with more
    than `MOST_LISTED` items those are quoted that answer best. Nothing is returned where
    there is no list; a sentence may name what is asked for all the same.

    Args:
        ranked: The sentences of the best hits, best first.
        request: What the question asks for.
        index: Where the rest of the list may stand.
    """
    if request.form is not Form.LIST:
        return []
    weights = content_weights(term_weights(request.topic, index.words), index.words)
    for sentence in ranked[:_MOST_LOOKED_AT]:
        if sentence.score < _AS_GOOD * ranked[0].score:
            break
        for found in lists_in(_chunks_around(sentence.hit.chunk, index)):
            if found.has(sentence.span) and _is_asked_for(
                found, sentence, ranked, weights, index.words
            ):
                return _quotes_of(found, sentence.hit, ranked)
    return []


def _is_asked_for(
    found: ItemList,
    sentence: ScoredSentence,
    ranked: Sequence[ScoredSentence],
    weights: Mapping[str, float],
    words: LexicalIndex,
) -> bool:
    """Tell whether the list as a whole answers, and not one item of it by chance."""
    if found.announced is not None and found.announced.span == sentence.span:
        return sentence is ranked[0]
    announced = found.announced.text if found.announced is not None else ""
    heading = " ".join(sentence.hit.chunk.heading[-1:])
    if coverage(f"{heading}\n{announced}", weights, words) >= _ANNOUNCED:
        return True
    near = [each for each in ranked if each.score >= _NEAR_BEST * ranked[0].score]
    doc_id = sentence.hit.chunk.doc_id
    items = [each for each in near if each.hit.chunk.doc_id == doc_id and found.has(each.span)]
    return len(items) >= _FEWEST_NEAR


def _chunks_around(chunk: Chunk, index: DocumentedIndex) -> Sequence[Chunk]:
    chunks = index.chunks_of(chunk.doc_id)
    at = next((at for at, each in enumerate(chunks) if each.chunk_id == chunk.chunk_id), None)
    return [chunk] if at is None else chunks[max(0, at - _AROUND) : at + _AROUND + 1]


def _quotes_of(found: ItemList, hit: Hit, ranked: Sequence[ScoredSentence]) -> list[Quote]:
    items = _different(found.items)
    room = MOST_LISTED - (found.announced is not None)
    if len(items) > room:
        spans = [(each.hit.chunk.doc_id, each.span) for each in ranked]

        def rank(line: Line) -> int:
            return next(
                (
                    at
                    for at, (doc_id, span) in enumerate(spans)
                    if doc_id == line.chunk.doc_id and line.span.start <= span.start < line.span.end
                ),
                len(spans),
            )

        best = sorted(items, key=rank)[:room]
        items = [line for line in items if line in best]
    lines = [*([found.announced] if found.announced else []), *items]
    return [Quote(replace(hit, chunk=line.chunk), line.span) for line in lines]


def _different(lines: Sequence[Line]) -> list[Line]:
    """Return those of ``lines`` that say something else than those before."""
    kept: list[Line] = []
    said: list[frozenset[object]] = []
    for line in lines:
        words = shingles(line.text)
        if repeated_in(words, said) is None:
            kept.append(line)
            said.append(words)
    return kept
