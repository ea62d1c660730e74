"""What an RTF file is taken apart into: paragraphs, rows of tables, notes."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class RtfParagraph:
    """A paragraph; ``level`` is its outline level from 0, ``notes`` are numbers of notes."""

    text: str = ""
    level: int | None = None
    style: str = ""
    marker: str | None = None
    notes: list[int] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)


RtfRow = list[list[RtfParagraph]]
"""A row of a table: its cells, each a list of paragraphs."""


@dataclass(frozen=True, slots=True)
class RtfNote:
    """A footnote or endnote."""

    text: str
    is_endnote: bool


@dataclass(slots=True)
class _OpenRow:
    cell: list[RtfParagraph] = field(default_factory=list)
    cells: RtfRow = field(default_factory=list)

    def close(self) -> RtfRow:
        if self.cell:
            self.cells.append(self.cell)
        closed, self.cell, self.cells = self.cells, [], []
        return closed


class RtfBlocks:
    """Puts paragraphs into the rows of tables they stand in.

    A table in the cell of another stands between what the cell holds before it
    and after it; tables in that are part of it.
    """

    def __init__(self) -> None:
        self.found: list[RtfParagraph | RtfRow] = []
        self._outer, self._inner = _OpenRow(), _OpenRow()

    def add(self, paragraph: RtfParagraph, depth: int) -> None:
        """Add a paragraph that is in ``depth`` tables."""
        if not depth:
            self.end_row(1)
        if not paragraph.text.strip() and not paragraph.boxes:
            return
        if depth:
            self._row(depth).cell.append(paragraph)
        else:
            self.found.append(paragraph)

    def end_cell(self, depth: int) -> None:
        """Close the open cell of the table at ``depth``."""
        row = self._row(depth)
        row.cells.append(row.cell)
        row.cell = []

    def end_row(self, depth: int) -> None:
        """Close the open row of the table at ``depth``, and rows of tables in it."""
        inner = self._inner.close()
        if depth > 1 and (before := self._outer.close()):
            self.found.append(before)
        if inner:
            self.found.append(inner)
        if depth == 1 and (outer := self._outer.close()):
            self.found.append(outer)

    def _row(self, depth: int) -> _OpenRow:
        return self._inner if depth > 1 else self._outer
