"""Tables of a page: those that hold data become rows, those that only lay out read as prose."""

from collections.abc import Sequence
from dataclasses import dataclass, field

_LONGEST_DATA_CELL = 2_000
_LONGEST_UNTITLED_CELL = 1_000
_LONGEST_CELL_OF_ONE_ROW = 250
_MOST_BLOCKS_IN_CELL = 4
_WIDEST_ALIGNED = 64
_LONGEST_REPEATED = 80
_MOST_SPAN = 1_000
_ENDS_OF_CLAUSE = ".,:;!?–—-/(|"


@dataclass(slots=True)
class TableShape:
    """What tells a table of data from one that puts things side by side."""

    is_presentation: bool = False
    is_titled: bool = False
    holds_heading: bool = False
    holds_grid: bool = False
    rows: int = 0
    columns: int = 0
    longest_cell: int = 0
    most_blocks: int = 0
    _cells: int = 0
    _characters: int = 0
    _blocks: int = 0

    def start_row(self) -> None:
        """Count a row."""
        self.rows += 1
        self._cells = 0

    def start_cell(self) -> None:
        """Count a cell."""
        self._cells += 1
        self.columns = max(self.columns, self._cells)
        self._characters = self._blocks = 0

    def add_text(self, characters: int) -> None:
        """Count text of a cell."""
        self._characters += characters
        self.longest_cell = max(self.longest_cell, self._characters)

    def add_block(self) -> None:
        """Count a paragraph, list or break in a cell."""
        self._blocks += 1
        self.most_blocks = max(self.most_blocks, self._blocks)

    @property
    def is_grid(self) -> bool:
        """Whether it has both rows and columns."""
        return self.rows > 1 and self.columns > 1

    @property
    def is_layout(self) -> bool:
        """Whether its cells are better read one after another, as text."""
        if self.is_presentation or self.columns <= 1 or self.longest_cell > _LONGEST_DATA_CELL:
            return True
        if self.is_titled:
            return False
        if self.rows <= 1 and self.longest_cell > _LONGEST_CELL_OF_ONE_ROW:
            return True
        has_prose = (
            self.most_blocks > _MOST_BLOCKS_IN_CELL and self.longest_cell > _LONGEST_UNTITLED_CELL
        )
        return has_prose or self.holds_heading or self.holds_grid


@dataclass(slots=True)
class Cell:
    """A cell and how many columns and rows it takes up, at least 1 of each."""

    columns: int = 1
    rows: int = 1
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What it says, its blocks divided so that they can be told apart."""
        joined = ""
        parts: list[str] = []
        for piece in self.pieces:
            if parts:
                parts.append(" " if joined[-1] in _ENDS_OF_CLAUSE else "; ")
            parts.append(piece)
            joined = piece
        return "".join(parts)


def span_of(value: str | None) -> int:
    """Return what ``colspan`` or ``rowspan`` says, within reason."""
    if value is None or not (value.isascii() and value.isdigit()):
        return 1
    return min(max(1, int(value[:6])), _MOST_SPAN)


def aligned(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """Return what each row says, column by column.

    A cell that spans rows is repeated in each, as far as it is short, so that a
    row can be read without those above. A cell that spans columns stands in the
    first. Columns that are empty in all rows are left out, and so are empty
    cells at the end of a row.
    """
    table = _placed(rows)
    columns = sorted({column for row in table for column, text in row.items() if text})
    if len(columns) > _WIDEST_ALIGNED:
        return [[text for _, text in sorted(row.items()) if text] for row in table]
    found: list[list[str]] = []
    for row in table:
        last = max((column for column, text in row.items() if text), default=-1)
        found.append([row.get(column, "") for column in columns if column <= last])
    return found


def _placed(rows: Sequence[Sequence[Cell]]) -> list[dict[int, str]]:
    # What is repeated may at most double the table: spans are only numbers, and cost nothing.
    budget = sum(len(piece) for row in rows for cell in row for piece in cell.pieces)
    table: list[dict[int, str]] = []
    carried: dict[int, tuple[str, int]] = {}
    for row in rows:
        placed: dict[int, str] = {}
        column = 0
        following: dict[int, tuple[str, int]] = {}
        for at, (text, left) in carried.items():
            if row and len(text) <= budget:
                budget -= len(text)
                placed[at] = text
            if left > 1:
                following[at] = (text, left - 1)
        for cell in row:
            while column in carried:
                column += 1
            placed[column] = text = cell.text
            if cell.rows > 1 and len(text) <= _LONGEST_REPEATED and column < _WIDEST_ALIGNED:
                following[column] = (text, cell.rows - 1)
            column += cell.columns
        carried = following
        table.append(placed)
    return table
