"""The lines of a column become paragraphs, items of lists and rows of tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from briefqa.datatypes import BlockKind
from briefqa.documents.pdf.cleaning import is_right_to_left
from briefqa.documents.pdf.joining import ends_sentence, join
from briefqa.documents.pdf.lines import Cell, Line
from briefqa.documents.pdf.markers import (
    counts_on,
    opens_bullet,
    opens_counted,
    opens_item,
    opens_note,
)
from briefqa.documents.pdf.tables import BETWEEN_CELLS, rows_of, tables_in

_SAME_SIZE = 0.11
_INDENT = 0.8
_MORE_THAN_A_LINE = 1.35
_LEAST_PITCH = 0.9
_USUAL_PITCH = 1.2
_MOST_PITCH = 3.0
_FULL = 0.9
_SAME_PLACE = 20.0
_SMALL = 0.93


@dataclass(slots=True)
class Part:
    """A paragraph, item or table, unfinished: its hyphens at line ends are yet to be decided on.

    ``marks`` give the offset at which each page begins that it has text of.
    ``opens`` says that it is the first of a column, and so may go on with what the
    one before left off; ``is_open`` that its last line goes to the end of the column;
    ``is_aside`` that it runs in another direction than most of the page.
    """

    kind: BlockKind
    text: str
    marks: list[tuple[int, int]]
    size: float = 0.0
    is_bold: bool = False
    lines: int = 1
    opens: bool = False
    is_open: bool = False
    is_note: bool = False
    is_aside: bool = False

    @property
    def page(self) -> int:
        """The page it begins on."""
        return self.marks[0][1]


def parts_of(lines: Sequence[Line], page: int) -> list[Part]:
    """Return the paragraphs, items and tables of a column, from its top."""
    found: list[Part] = []
    column = list(lines)
    if is_right_to_left("".join(line.text for line in column)):
        column = [_mirrored(line) for line in column]
    measure = _Measure.of(column)
    for run, is_table in tables_in(column):
        if is_table:
            found.append(_table(run, page))
        else:
            found += (_prose(lines, page, measure) for lines in _paragraphs(run, measure))
    if found:
        found[0].opens = True
    return found


def _mirrored(line: Line) -> Line:
    """Return a line from right to left as if it ran from left to right."""
    cells = tuple(Cell(cell.text, -cell.right, -cell.left) for cell in line.cells)
    return replace(line, cells=cells)


@dataclass(frozen=True, slots=True)
class _Measure:
    """How a column is set; ``pitch`` is from base line to base line, in font sizes.

    ``rights`` says how far lines reach that begin at about the same place.
    """

    pitch: float
    rights: Mapping[int, float]

    @classmethod
    def of(cls, column: Sequence[Line]) -> "_Measure":
        steps = [
            (below.y - line.y) / line.size
            for line, below in pairwise(column)
            if abs(below.size - line.size) <= _SAME_SIZE * line.size
        ]
        near = sorted(step for step in steps if _LEAST_PITCH <= step <= _MOST_PITCH)
        rights: dict[int, float] = {}
        for line in column:
            for place in _places(line):
                rights[place] = max(rights.get(place, line.right), line.right)
        # Gaps between paragraphs are larger, but may be more.
        return cls(near[len(near) // 10] if near else _USUAL_PITCH, rights)

    def right(self, line: Line) -> float:
        """Return how far ``line`` could have reached."""
        return self.rights[_places(line)[1]]

    def is_full(self, line: Line) -> bool:
        """Say whether ``line`` reaches about as far as it could."""
        return line.right > line.left + _FULL * (self.right(line) - line.left)


def _places(line: Line) -> tuple[int, int, int]:
    place = round(line.left / _SAME_PLACE)
    return place - 1, place, place + 1


def _table(rows: Sequence[Line], page: int) -> Part:
    text = "\n".join(BETWEEN_CELLS.join(row) for row in rows_of(rows))
    size = median(row.size for row in rows)
    return Part(BlockKind.LINES, text, [(0, page)], size, lines=len(rows))


def _paragraphs(lines: Sequence[Line], measure: _Measure) -> Iterator[list[Line]]:
    run: list[Line] = []
    for line in lines:
        if run and _begins_new(run, line, measure):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _begins_new(run: Sequence[Line], line: Line, measure: _Measure) -> bool:
    last = run[-1]
    size = max(last.size, line.size)
    if abs(line.size - last.size) > _SAME_SIZE * size or line.is_bold != run[0].is_bold:
        return True
    step = (line.y - last.y) / size
    if step > _MORE_THAN_A_LINE * measure.pitch or step <= 0:
        return True
    text, following = last.text, line.text
    is_done = ends_sentence(text)
    if opens_bullet(following):
        return True
    # A number at the start of a line may as well be part of a sentence.
    if opens_counted(following) and (is_done or opens_item(run[0].text)):
        return True
    if counts_on(run[0].text, following) or _indented(run, line, measure, is_done=is_done):
        return True
    # A short last line: the next word would have fitted.
    first_word = following.split(maxsplit=1)[0]
    needed = (line.right - line.left) * (len(first_word) + 1) / max(1, len(following))
    return is_done and last.right + needed < measure.right(last) - _INDENT * size


def _indented(run: Sequence[Line], line: Line, measure: _Measure, *, is_done: bool) -> bool:
    """Say whether the indent of ``line`` opens a paragraph."""
    first, last = run[0], run[-1]
    reach = _INDENT * line.size
    if len(run) > 1:
        edge = last.left
        hanging = edge > first.left + reach
        if line.left > edge + reach:
            return is_done or not _is_centred(last, line)
        if line.left < edge - reach:
            return hanging or is_done
        return False
    is_full = measure.is_full(first)
    if line.left < first.left - reach:
        # An indented line is the first of the paragraph only if it is full.
        return not is_full and not _is_centred(first, line)
    if line.left > first.left + reach:
        # The second line of a hanging item, or the first of a paragraph after a short one.
        return not (opens_item(first.text) or (is_full and not is_done) or _is_centred(first, line))
    return False


def _is_centred(line: Line, following: Line) -> bool:
    return abs(line.left + line.right - following.left - following.right) < line.size


def _prose(run: Sequence[Line], page: int, measure: _Measure) -> Part:
    text = ""
    for line in run:
        text = join(text, line.text)
    return Part(
        BlockKind.LIST_ITEM if opens_item(text) else BlockKind.PARAGRAPH,
        text,
        [(0, page)],
        max(run, key=lambda line: len(line.text)).size,
        all(line.is_bold for line in run),
        len(run),
        is_open=measure.is_full(run[-1]),
    )


def mark_notes(parts: Sequence[Part], body_size: float) -> None:
    """Mark the footnotes that end a column: small, and opened by a number or a sign."""
    for part in reversed(parts):
        if not 0 < part.size <= _SMALL * body_size or part.kind is BlockKind.LINES:
            return
        if opens_note(part.text):
            part.is_note = True
