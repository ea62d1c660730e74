"""The lines that pieces of text stand on, and their cells: what wide gaps part."""

from collections.abc import Sequence
from dataclasses import dataclass

from briefqa.documents.pdf.cleaning import is_right_to_left
from briefqa.documents.pdf.pieces import WIDE_GAP, Piece

_ON_ONE_LINE = 0.5
_LETTER_GAP = 0.12


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of a line with wide gaps around it."""

    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a column; ``size`` is that of most of its characters."""

    cells: tuple[Cell, ...]
    y: float
    size: float
    is_bold: bool

    @property
    def text(self) -> str:
        """Return the line as prose."""
        return " ".join(cell.text for cell in self.cells)

    @property
    def left(self) -> float:
        """Return where the line begins."""
        return min(cell.left for cell in self.cells)

    @property
    def right(self) -> float:
        """Return where the line ends."""
        return max(cell.right for cell in self.cells)


def lines_of(pieces: Sequence[Piece]) -> list[Line]:
    """Return the lines that ``pieces`` stand on, from the top."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: (piece.y, piece.left)):
        if rows and piece.y - rows[-1][0].y <= _ON_ONE_LINE * max(piece.size, rows[-1][0].size):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [_line(row) for row in rows]


def _line(row: list[Piece]) -> Line:
    size = max(row, key=lambda piece: len(piece.text)).size
    backwards = len(row) > 1 and is_right_to_left(" ".join(piece.text for piece in row))
    row.sort(key=lambda piece: -piece.right if backwards else piece.left)
    cells: list[Cell] = []
    for piece in row:
        cell = Cell(piece.text, piece.left, piece.right)
        gap = _gap(cells[-1], cell) if cells else size
        if cells and gap < WIDE_GAP * size:
            between = " " if gap > _LETTER_GAP * size else ""
            left, right = min(cells[-1].left, cell.left), max(cells[-1].right, cell.right)
            cells[-1] = Cell(cells[-1].text + between + cell.text, left, right)
        else:
            cells.append(cell)
    letters = [piece for piece in row if any(map(str.isalpha, piece.text))]
    bold = all(piece.is_bold for piece in letters or row)
    base = max(row, key=lambda piece: (piece.size, len(piece.text)))
    return Line(tuple(cells), base.y, size, bold)


def _gap(cell: Cell, following: Cell) -> float:
    return max(following.left - cell.right, cell.left - following.right)
