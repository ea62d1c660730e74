"""A document in the making: text, blocks and positions grow together, so that none is searched for.

`Draft` takes text that has been cut into blocks already. `Outline` is for
formats that name their parts: it is told of headings, paragraphs, items and
tables in reading order, and writes them down one after another.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from briefqa.datatypes import (
    Block,
    BlockKind,
    DocId,
    Document,
    DocumentInfo,
    Mark,
    Metadata,
    PositionMap,
    PositionUnit,
    Span,
)
from briefqa.documents.layout import trimmed
from briefqa.errors import DocumentError

_BETWEEN_BLOCKS = "\n\n"
_BETWEEN_CELLS = " | "
MOST_CHARACTERS = 50_000_000
"""Some 15,000 printed pages; what is longer would fill the memory of whoever cites it."""


class Draft:
    """A document's text so far, with what is known of each part."""

    def __init__(self, unit: PositionUnit = PositionUnit.LINE) -> None:
        self._unit = unit
        self._parts: list[str] = []
        self._marks: list[Mark] = []
        self._length = 0
        self.blocks: list[Block] = []

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._parts)

    def add(
        self,
        text: str,
        blocks: Iterable[Block],
        marks: Sequence[Mark] = (),
        *,
        separator: str = _BETWEEN_BLOCKS,
    ) -> None:
        """Append ``text`` after ``separator``; spans and marks count from its own start."""
        if not text.strip():
            return
        if self._length:
            self._write(separator)
        start = self._length
        self._write(text)
        self._marks += (replace(mark, start=mark.start + start) for mark in marks)
        self.blocks += (
            replace(b, span=Span(b.span.start + start, b.span.end + start)) for b in blocks
        )

    def add_header(self, lines: Sequence[tuple[str, str]], numbers: dict[str, int]) -> None:
        """Append the lines that state title, authors, date and abstract, before all else.

        Args:
            lines: Field and text, as `header_lines` returns them.
            numbers: Where in the source each field is stated, where that has a number.
        """
        for field, text in lines:
            if self._length:
                self._write("\n")
            start = self._length
            self._write(text)
            if field in numbers:
                self._marks.append(Mark(start, numbers[field]))
            if field == "abstract":
                self.blocks.append(Block(Span(start, self._length), BlockKind.PARAGRAPH))
            else:
                self.blocks = [Block(Span(0, self._length), BlockKind.HEADER)]

    def finish(
        self,
        source: str,
        doc_id: str,
        metadata: Metadata,
        file_sha256: str,
        *,
        notices: Sequence[str] = (),
    ) -> Document:
        """Return the document.

        Raises:
            DocumentError: If there is no text, or far too much.
        """
        if not any(block.kind is not BlockKind.HEADER for block in self.blocks):
            raise DocumentError(doc_id, reason="empty", detail="holds no text")
        if self._length > MOST_CHARACTERS:
            raise DocumentError(
                doc_id,
                reason="too_large",
                detail=f"holds {self._length:,} characters; at most {MOST_CHARACTERS:,} are read",
            )
        text = self.text
        info = DocumentInfo(
            doc_id=DocId(doc_id),
            source=source,
            title=metadata.title or PurePosixPath(doc_id).name or doc_id,
            metadata=metadata,
            text_sha256=hashlib.sha256(text.encode()).hexdigest(),
            file_sha256=file_sha256,
            notices=tuple(notices),
        )
        positions = PositionMap(tuple(self._marks), self._unit)
        return Document(info, text, positions, tuple(self.blocks))

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


class Outline:
    """Writes the parts of a document into a draft, and keeps the headings they stand under.

    Text given to it is prose: runs of white space are folded into a blank.
    ``number`` is the page, paragraph or row a part comes from, where it has one.
    """

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._path: list[tuple[int, str]] = []
        self._was_item = False

    @property
    def heading(self) -> tuple[str, ...]:
        """The headings above whatever is added next, outermost first."""
        return tuple(title for _, title in self._path)

    @property
    def first_heading(self) -> str | None:
        """The first heading of the document, if it has any."""
        headings = (b.heading[-1] for b in self._draft.blocks if b.kind is BlockKind.HEADING)
        return next(headings, None)

    def add_heading(self, level: int, text: str, *, number: int | None = None) -> None:
        """Append a heading; ``level`` 1 is the highest."""
        title = " ".join(text.split())
        if not title:
            return
        self._path = [entry for entry in self._path if entry[0] < level]
        self._path.append((level, title))
        self._add(title, BlockKind.HEADING, number)

    def add_paragraph(self, text: str, *, number: int | None = None) -> None:
        """Append a paragraph."""
        self._add(" ".join(text.split()), BlockKind.PARAGRAPH, number)

    def add_item(self, marker: str, text: str, *, number: int | None = None) -> None:
        """Append an item of a list, after its marker (``-`` or ``3.``)."""
        folded = " ".join(text.split())
        self._add(f"{marker} {folded}" if folded else "", BlockKind.LIST_ITEM, number)

    def add_rows(
        self, rows: Iterable[Sequence[str]], *, number: int | None = None, step: int = 0
    ) -> None:
        """Append a table, a row a line, its cells divided by bars.

        Rows without text are left out. ``step`` is 1 where rows are what is
        counted, so that each row has the number after that of the row above.
        """
        lines = (
            _BETWEEN_CELLS.join(" ".join(cell.split()) for cell in row).strip()
            for row in rows
            if any(cell.strip() for cell in row)
        )
        self._add("\n".join(lines), BlockKind.LINES, number, step)

    def add_lines(self, text: str, *, number: int | None = None) -> None:
        """Append text whose line breaks and blanks mean something, such as code."""
        self._add(text.strip("\n"), BlockKind.LINES, number)

    def add_marked(self, text: str, kind: BlockKind, marks: Sequence[Mark]) -> None:
        """Append text that is folded already, and comes from one place after another."""
        self._add_block(text, kind, marks)

    def _add(self, text: str, kind: BlockKind, number: int | None, step: int = 0) -> None:
        self._add_block(text, kind, () if number is None else (Mark(0, number, step),))

    def _add_block(self, text: str, kind: BlockKind, marks: Sequence[Mark]) -> None:
        if (span := trimmed(text, 0, len(text))) is None:
            return
        is_item = kind is BlockKind.LIST_ITEM
        self._draft.add(
            text,
            [Block(span, kind, self.heading)],
            marks,
            separator="\n" if is_item and self._was_item else _BETWEEN_BLOCKS,
        )
        self._was_item = is_item
