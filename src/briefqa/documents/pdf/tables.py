"""Rows of cells that stand in line with each other: tables, and lists of contents."""

import re
from collections.abc import Iterator, Sequence

from briefqa.documents.pdf.joining import join
from briefqa.documents.pdf.lines import Cell, Line
from briefqa.documents.pdf.markers import is_marker

BETWEEN_CELLS = " | "

LEADERS = re.compile(r"\s*(?:\.\s?){4,}\s*|\s*…(?:\s?…)+\s*|\s*_{4,}\s*")
_ALIGNED = 0.6
_FARTHEST = 4.0
_NEXT_LINE = 1.6
_FEWEST_ROWS = 3
_WIDE = 3
_MOST_CELLS = 60


def tables_in(lines: Sequence[Line]) -> Iterator[tuple[list[Line], bool]]:
    """Yield ``lines`` in runs, each with whether it is a table."""
    prose: list[Line] = []
    rows: list[Line] = []
    count = 0
    for line in [*lines, None]:
        is_row = line is not None and 1 < len(cells_of(line)) <= _MOST_CELLS
        if line is not None and rows and not is_row and _is_more_of(rows, line):
            rows.append(line)
            continue
        if rows and (line is None or not is_row or not _in_line(_last_row(rows), line)):
            if _is_table(rows, count):
                if prose:
                    yield prose, False
                yield rows, True
                prose = []
            else:
                prose += rows
            rows, count = [], 0
        if line is not None:
            (rows if is_row else prose).append(line)
            count += is_row
    if prose:
        yield prose, False


def rows_of(lines: Sequence[Line]) -> list[list[str]]:
    """Return the text of each cell of a table, lines of one cell put together."""
    rows: list[list[str]] = []
    above: list[Cell] = []
    for line in lines:
        cells = cells_of(line)
        if len(cells) > 1 or not above:
            above = cells
            rows.append([cell.text for cell in cells])
            continue
        at = min(range(len(above)), key=lambda i: abs(above[i].left - cells[0].left))
        rows[-1][at] = join(rows[-1][at], cells[0].text)
    return rows


def _last_row(lines: Sequence[Line]) -> Line:
    return next(line for line in reversed(lines) if len(cells_of(line)) > 1)


def _is_more_of(rows: Sequence[Line], line: Line) -> bool:
    """Say whether ``line`` is the next line of a cell, other than the first, of the last row."""
    reach = _ALIGNED * line.size
    if not 0 < line.y - rows[-1].y < _NEXT_LINE * line.size:
        return False
    first, *others = cells_of(_last_row(rows))
    return line.left > first.left + reach and any(
        abs(cell.left - line.left) < reach for cell in others
    )


def cells_of(line: Line) -> list[Cell]:
    """Return the cells of a row; leaders part them as a gap does, a marker from its item not."""
    cells = list(line.cells)
    if len(cells) > 1 and is_marker(cells[0].text):
        first, second = cells[:2]
        cells[:2] = [Cell(f"{first.text} {second.text}", first.left, second.right)]
    return [part for cell in cells for part in _parted(cell)]


def has_leaders(line: Line) -> bool:
    """Say whether dots lead from one cell of ``line`` to the next."""
    return any(LEADERS.search(cell.text) for cell in line.cells)


def _parted(cell: Cell) -> list[Cell]:
    texts = [text for text in LEADERS.split(cell.text) if text]
    if len(texts) == 1:
        return [cell]
    width = (cell.right - cell.left) / len(cell.text)
    return [
        Cell(text, cell.right - width * len(text), cell.right)
        if at
        else Cell(text, cell.left, cell.left + width * len(text))
        for at, text in enumerate(texts)
    ]


def _in_line(row: Line, following: Line) -> bool:
    """Say whether two rows share columns, by the left, right or middle of their cells."""
    reach = _ALIGNED * max(row.size, following.size)
    if following.y - row.y > _FARTHEST * row.size:
        return False
    above, below = cells_of(row), cells_of(following)
    shared = sum(
        any(
            abs(a.left - b.left) < reach
            or abs(a.right - b.right) < reach
            or abs(a.left + a.right - b.left - b.right) < 2 * reach
            for a in above
        )
        for b in below
    )
    is_certain = min(len(above), len(below)) >= _WIDE or (
        has_leaders(row) and has_leaders(following)
    )
    return shared >= (1 if is_certain else 2)


def _is_table(rows: Sequence[Line], count: int) -> bool:
    widest = max(len(cells_of(row)) for row in rows)
    return count >= (_FEWEST_ROWS if widest < _WIDE else 2)
