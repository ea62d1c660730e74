"""What is indexed and found: chunks, hits, passages, and conditions on their documents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from briefqa.datatypes.documents import ChunkId, DocId, DocumentInfo, PositionUnit, Span


def embedded_text(prefix: str, text: str) -> str:
    """Return what the model and the word index see of a chunk."""
    return f"{prefix}\n{text}" if prefix else text


def _text_start(prefix: str) -> int:
    return len(prefix) + 1 if prefix else 0


class Comparison(StrEnum):
    """How a condition compares a field with its value."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    CONTAINS = "~"


@dataclass(frozen=True, slots=True)
class Condition:
    """What a document must satisfy to be searched: ``published >= 2025-01-01``.

    ``field`` is title, author, published, tag, language, source_url, source or
    doc_id, or ``metadata.NAME`` for what is in ``extra``. Of a field with several
    values one must do; for ``!=`` none may be equal, and there may be none.
    """

    field: str
    comparison: Comparison
    value: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """The indexed unit: a span of one document that crosses no heading.

    ``prefix`` is embedded before ``text`` but is not part of it.
    ``sentences`` are spans in the document's text, in order, inside ``span``.
    """

    chunk_id: ChunkId
    doc_id: DocId
    span: Span
    text: str
    heading: tuple[str, ...]
    prefix: str
    sentences: tuple[Span, ...]

    @property
    def embedded_text(self) -> str:
        """What the model and the word index see."""
        return embedded_text(self.prefix, self.text)

    @property
    def text_start(self) -> int:
        """Where ``text`` begins in ``embedded_text``."""
        return _text_start(self.prefix)

    def __hash__(self) -> int:
        # All that a chunk holds would be hashed anew each time.
        return hash(self.chunk_id)

    @property
    def sentence_starts(self) -> tuple[int, ...]:
        """Where each sentence begins in the document, as `Outline` cuts them."""
        return (self.span.start, *(sentence.start for sentence in self.sentences[1:]))

    @property
    def outline(self) -> "Outline":
        """What ranks it."""
        return Outline.of(self.chunk_id, self.doc_id, self.span, self.prefix, self.sentence_starts)


@dataclass(frozen=True, slots=True)
class Outline:
    """What ranks a chunk: where it stands, and where its sentences begin in ``embedded_text``.

    There is one at least, so that every chunk has a nearest one. What stands between two
    sentences goes with the first, and what stands before all of them with the first of all.
    """

    chunk_id: ChunkId
    doc_id: DocId
    span: Span
    sentence_starts: tuple[int, ...]

    @classmethod
    def of(
        cls, chunk_id: ChunkId, doc_id: DocId, span: Span, prefix: str, starts: Iterable[int]
    ) -> Self:
        """Return the outline of a chunk whose sentences begin at ``starts`` in its document."""
        before = _text_start(prefix) - span.start
        return cls(chunk_id, doc_id, span, tuple([before + start for start in starts]))


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found for a question; ``rank`` counts from 1.

    ``score`` lies in [0, 1] and means the same for every question. ``scores``
    keeps what each stage gave. ``duplicates`` are near-identical chunks that
    this hit stands for. ``similarities`` are how near each sentence of the chunk comes to the
    question, in [0, 1], where the index keeps tokens.
    """

    chunk: Chunk
    score: float
    rank: int
    scores: Mapping[str, float]
    duplicates: tuple[ChunkId, ...] = ()
    similarities: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person finds a span: the headings above it, and the number of its unit, from 1."""

    heading: tuple[str, ...]
    unit: PositionUnit
    number: int | None


@dataclass(frozen=True, slots=True)
class Passage:
    """A hit as it is shown: with its document, and the ``span`` of its chunk worth showing.

    ``place`` is that of the span.
    """

    hit: Hit
    document: DocumentInfo
    place: Place
    span: Span

    @property
    def text(self) -> str:
        """The words of the span."""
        start = self.hit.chunk.span.start
        return self.hit.chunk.text[self.span.start - start : self.span.end - start]


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """Which index a result came from."""

    generation: str
    documents: int
    chunks: int


@dataclass(frozen=True, slots=True)
class StageTime:
    """A stretch of the work on a question: what was done, since when, and how long.

    ``began_s`` is on the clock of `time.perf_counter`; ``took_s`` leaves out what passed
    while whoever reads the answer took what there was.
    """

    name: str
    began_s: float
    took_s: float


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Ranked passages for a question, and what they took in milliseconds.

    The passages come from documents that satisfy all ``conditions``. ``undated``
    documents were left out only because they state no date to hold against one, and
    ``superseded`` ones because a newer one takes their place. ``stages`` has the times
    of ``took_ms`` more finely, in order.
    """

    question: str
    passages: tuple[Passage, ...]
    index: IndexInfo
    took_ms: Mapping[str, float]
    conditions: tuple[Condition, ...] = ()
    undated: int = 0
    superseded: int = 0
    stages: tuple[StageTime, ...] = field(default=(), compare=False, repr=False)
