"""The records that travel from stage to stage: frozen, and nothing but data."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

DocId = NewType("DocId", str)
ChunkId = NewType("ChunkId", str)

JsonValue = str | int | float | bool | list["JsonValue"] | dict[str, "JsonValue"] | None


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range [start, end) of code points in a document's text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            msg = f"span needs 0 <= start < end, got [{self.start}, {self.end})"
            raise ValueError(msg)

    def of(self, text: str) -> str:
        """Return the part of ``text`` this span covers."""
        return text[self.start : self.end]

    def __len__(self) -> int:
        return self.end - self.start


class PositionUnit(StrEnum):
    """What a source is counted in, so that a person finds a place in it; from 1."""

    LINE = "line"
    PAGE = "page"
    PARAGRAPH = "paragraph"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Mark:
    """From ``start`` on, text comes from line, page, paragraph or row ``number`` of the source.

    ``step`` is how many of them one line break of the text stands for: 1 where
    the text runs along with the lines of a file, 0 where it all sits in one
    (a page, a JSONL record, a field of the front matter).
    """

    start: int
    number: int
    step: int = 0


@dataclass(frozen=True, slots=True)
class PositionMap:
    """Leads from an offset in a document's text back into its source file.

    ``marks`` ascend by ``start``. Text before the first comes from no numbered
    place, such as the properties of a file.
    """

    marks: tuple[Mark, ...] = (Mark(0, 1, 1),)
    unit: PositionUnit = PositionUnit.LINE

    def number_at(self, text: str, offset: int) -> int | None:
        """Return the number, from 1, of the unit that code point ``offset`` comes from."""
        at = bisect_right(self.marks, offset, key=lambda mark: mark.start) - 1
        if at < 0:
            return None
        mark = self.marks[at]
        return mark.number + mark.step * text.count("\n", mark.start, offset)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known about a document beside its text.

    ``published`` is an ISO 8601 date of year, month or day precision.
    ``extra`` keeps every other field of the source as JSON values.
    """

    title: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    source_url: str | None = None
    abstract: str | None = None
    extra: Mapping[str, JsonValue] = field(default_factory=dict)


class BlockKind(StrEnum):
    """What a block of text is, as far as cutting it is concerned."""

    HEADER = "header"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    LINES = "lines"
    """Code, tables: cut between lines, never inside one."""


@dataclass(frozen=True, slots=True)
class Block:
    """A run of text that hangs together, and the headings it stands under.

    A heading's own block carries its own title as the last of ``heading``.
    """

    span: Span
    kind: BlockKind
    heading: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document without its text: what a catalogue lists and a citation names.

    ``source`` is the file's path relative to the indexed folder, with ``/``.
    ``text_sha256`` is of the canonical text in UTF-8, ``file_sha256`` of the file.
    ``notices`` say what of the source is not in the text ("page 3 holds only an image").
    """

    doc_id: DocId
    source: str
    title: str
    metadata: Metadata
    text_sha256: str
    file_sha256: str
    notices: tuple[str, ...] = ()


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
class Document:
    """A document and its canonical text, which never changes once made.

    ``blocks`` ascend, do not overlap, and cover everything but white space;
    a document read back from an index has none.
    """

    info: DocumentInfo
    text: str
    position_map: PositionMap
    blocks: tuple[Block, ...] = ()


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
        return f"{self.prefix}\n{self.text}" if self.prefix else self.text


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found for a question; ``rank`` counts from 1.

    ``score`` lies in [0, 1] and means the same for every question. ``scores``
    keeps what each stage gave. ``duplicates`` are near-identical chunks that
    this hit stands for.
    """

    chunk: Chunk
    score: float
    rank: int
    scores: Mapping[str, float]
    duplicates: tuple[ChunkId, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person finds a span: the headings above it, and the number of its unit, from 1."""

    heading: tuple[str, ...]
    unit: PositionUnit
    number: int | None


@dataclass(frozen=True, slots=True)
class Passage:
    """A hit as it is shown: with its document and place."""

    hit: Hit
    document: DocumentInfo
    place: Place


@dataclass(frozen=True, slots=True)
class Citation:
    """A receipt: ``span.of(text) == quote`` in the text that the hash names."""

    number: int
    chunk_id: ChunkId
    document: DocumentInfo
    place: Place
    span: Span
    quote: str


class Verdict(StrEnum):
    """How the words cited bear on a sentence of the answer."""

    SUPPORTED = "supported"
    PARTLY = "partly"
    UNSUPPORTED = "unsupported"
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence of an answer and the numbers of its citations."""

    text: str
    citations: tuple[int, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """Which index a result came from."""

    generation: str
    documents: int
    chunks: int


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Ranked passages for a question, and what they took in milliseconds.

    The passages come from documents that satisfy all ``conditions``. ``undated``
    documents were left out only because they state no date to hold against one.
    """

    question: str
    passages: tuple[Passage, ...]
    index: IndexInfo
    took_ms: Mapping[str, float]
    conditions: tuple[Condition, ...] = ()
    undated: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and everything needed to check it.

    ``confidence`` is the estimated probability in [0, 1] that the documents
    answer the question. When ``answered`` is false, ``text`` and ``sentences``
    are empty, ``reason`` says why, and the passages are the nearest ones. All
    comes from documents that satisfy all ``conditions``; ``undated`` is as in a
    search result.
    """

    question: str
    answered: bool
    text: str
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    confidence: float
    reason: str | None
    model: str | None
    index: IndexInfo
    took_ms: Mapping[str, float]
    conditions: tuple[Condition, ...] = ()
    undated: int = 0
