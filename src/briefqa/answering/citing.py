"""Gives the words that an answer rests on their numbers, and says where they stand."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from briefqa.answering.extracting import DocumentedIndex
from briefqa.datatypes import (
    Chunk,
    Citation,
    Condition,
    DocId,
    Document,
    Hit,
    IndexInfo,
    Passage,
    Place,
    Span,
)
from briefqa.protocols import Selection
from briefqa.retrieval import shown_spans


class AnswerableIndex(DocumentedIndex, Protocol):
    """The parts of an opened index that an answer needs."""

    @property
    def info(self) -> IndexInfo:
        """Names the generation and counts what it holds."""
        ...

    def document(self, doc_id: DocId, /) -> Document:
        """Return a document with its canonical text."""
        ...

    def searched(self, conditions: Sequence[Condition], /) -> Selection | None:
        """Return the chunks that a search under ``conditions`` is held to; None for all."""
        ...

    def superseded(self, conditions: Sequence[Condition], /) -> Mapping[DocId, tuple[DocId, ...]]:
        """Return what such a search leaves out for newer documents, and what these are."""
        ...

    def undated(self, conditions: Sequence[Condition], /) -> int:
        """Count the documents that fail ``conditions`` only for want of a date."""
        ...


class Citer:
    """Numbers the quotes of one answer, from 1, in the order of their first use."""

    def __init__(self, index: AnswerableIndex) -> None:
        self._index = index
        self._numbers: dict[tuple[DocId, Span], int] = {}
        self._citations: list[Citation] = []

    @property
    def citations(self) -> tuple[Citation, ...]:
        """All so far, by number."""
        return tuple(self._citations)

    def cite(self, chunk: Chunk, span: Span) -> int:
        """Return the number of the words at ``span`` in the document of ``chunk``."""
        key = (chunk.doc_id, span)
        if key not in self._numbers:
            document = self._index.document(chunk.doc_id)
            self._numbers[key] = len(self._citations) + 1
            self._citations.append(
                Citation(
                    number=self._numbers[key],
                    chunk_id=chunk.chunk_id,
                    document=document.info,
                    place=_place(document, span, chunk.heading),
                    span=span,
                    quote=span.of(document.text),
                )
            )
        return self._numbers[key]


def passages_of(hits: Sequence[Hit], index: AnswerableIndex) -> tuple[Passage, ...]:
    """Return ``hits`` as they are shown: the parts that bear on the question, and their places."""
    found: list[Passage] = []
    for hit, span in zip(hits, shown_spans(hits), strict=True):
        document = index.document(hit.chunk.doc_id)
        place = _place(document, span, hit.chunk.heading)
        found.append(Passage(hit, document.info, place, span))
    return tuple(found)


def _place(document: Document, span: Span, heading: tuple[str, ...]) -> Place:
    places = document.position_map
    return Place(heading, places.unit, places.number_at(document.text, span.start))
