"""Whether what stands side by side is read one after the other, or row by row."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from statistics import median

from briefqa.documents.pdf.cleaning import is_latin
from briefqa.documents.pdf.joining import ends_sentence
from briefqa.documents.pdf.lines import Line

_BESIDE = 0.25
_FEWEST_LINES = 3
_FEWEST_CHARACTERS = 10
_FEW_WORDS = 3
_FEWEST_WORDS = 4
_FLOWING = 0.3
_FILLED = 0.75
_MOST_SHARED = 0.8
_IN_MIDST = 0.3


def are_columns(left: Sequence[Line], right: Sequence[Line]) -> bool:
    """Say whether ``left`` is read to its end before ``right``.

    So are columns of running text; and running text with something beside it
    whose lines are not its lines, or that stands beside the midst of its
    sentences, as notes in a margin do, and labels and numbers of items do not.
    """
    if not left or not right:
        return False
    if max(left[0].y, right[0].y) > min(side[-1].y + side[-1].size / 2 for side in (left, right)):
        # One stands above the other.
        return False
    running = [is_running_text(side) for side in (left, right)]
    if all(running):
        return True
    fewer, more = sorted((left, right), key=len)
    beside = [at for line in fewer if (at := _beside(line, more)) is not None]
    if 2 * len(beside) < len(fewer):
        return any(running) or len(fewer) >= _FEWEST_LINES
    if len(beside) < _MOST_SHARED * len(fewer):
        return any(running)
    in_midst = sum(_goes_on(more, at) for at in beside)
    return any(running) and in_midst > _IN_MIDST * len(beside)


def _beside(line: Line, others: Sequence[Line]) -> int | None:
    """Return the index of the one of ``others``, from top to bottom, on the line of ``line``."""
    reach = _BESIDE * line.size
    at = bisect_left(others, line.y - reach, key=lambda other: other.y)
    return at if at < len(others) and others[at].y <= line.y + reach else None


def _goes_on(lines: Sequence[Line], at: int) -> bool:
    """Say whether the line at ``at`` goes on with the sentence of the one before."""
    return at > 0 and lines[at].text[0].islower() and not ends_sentence(lines[at - 1].text)


def is_running_text(lines: Sequence[Line]) -> bool:
    """Tell lines that go on into the next from cells and labels."""
    cells = [cell for line in lines for cell in line.cells]
    texts = [cell.text for cell in cells]
    # Of the cell that a letter stands in: a line set wide falls apart into many small ones.
    typical = _cell_of_middle_letter(texts)
    if len(typical) < _FEWEST_CHARACTERS:
        return False
    words = len(typical.split()) if is_latin(typical) else _FEWEST_WORDS
    if len(lines) < _FEWEST_LINES:
        return words >= _FEWEST_WORDS
    starts = [text[0] for text in texts[1:] if text[0].islower() or text[0].isupper()]
    is_flowing = sum(map(str.islower, starts)) >= _FLOWING * len(starts)
    if 2 * len(starts) >= len(texts) and is_flowing and words >= _FEW_WORDS:
        return True
    widths = [cell.right - cell.left for cell in cells]
    return words >= _FEWEST_WORDS and median(widths) >= _FILLED * max(widths)


def _cell_of_middle_letter(texts: Sequence[str]) -> str:
    """Return the cell that the middle one of all letters stands in, cells ordered by length."""
    ordered = sorted(texts, key=len)
    reached = list(accumulate(map(len, ordered)))
    return ordered[bisect_left(reached, reached[-1] / 2)]
