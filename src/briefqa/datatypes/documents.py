"""Documents, before they are cut: their text, and what is known of them."""

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
