"""The text of a page in pieces: words that follow each other on one line."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from briefqa.documents.pdf import library
from briefqa.documents.pdf.cleaning import clean, is_right_to_left
from briefqa.documents.pdf.geometry import Box
from briefqa.documents.pdf.library import Handle
from briefqa.documents.pdf.words import LINE_END_HYPHEN, Style, Word, WordReader

MOST_CHARACTERS_A_PAGE = 500_000
"""A hundred times a full page; what is longer was not made to be read."""

WIDE_GAP = 0.9
"""Width of a blank, in font sizes, that parts columns or cells rather than words."""

_SAME_LINE = 0.45
_SHIFTED = 0.05
_LETTER_GAP = 0.12


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that follow each other on one line, with no wide gap between them.

    Positions are in points, as a reader sees them who turns the page by
    ``turn`` degrees: x grows along the line, y, the base line's, downwards.
    """

    text: str
    left: float
    right: float
    y: float
    size: float
    is_bold: bool
    turn: int = 0


@dataclass(frozen=True, slots=True)
class PageText:
    """The pieces of a page in the order they are drawn.

    ``unmapped`` counts the characters whose font does not tell what letter they are.
    """

    pieces: list[Piece]
    unmapped: int = 0
    is_cut: bool = False

    @property
    def turn(self) -> int:
        """The direction that most of the text runs in."""
        weights: dict[int, int] = {}
        for piece in self.pieces:
            weights[piece.turn] = weights.get(piece.turn, 0) + len(piece.text)
        return max(sorted(weights), key=weights.__getitem__, default=0)


def read_text(page: Handle, bounds: Box) -> PageText:
    """Return what is written on ``page`` within ``bounds`` (left, bottom, right, top)."""
    with library.open_text(page) as text_page:
        count = library.count_characters(text_page) if text_page else 0
        kept = min(max(count, 0), MOST_CHARACTERS_A_PAGE)
        if not kept:
            return PageText([])
        reader = WordReader(text_page, kept, bounds)
        pieces = list(_pieces(reader.words()))
    return PageText(pieces, reader.unmapped, is_cut=count > kept)


def _pieces(words: Iterator[Word]) -> Iterator[Piece]:
    """Join words in the order they are drawn while they stay on one line and close by."""
    run: list[Word] = []
    for word in words:
        if run and not _follows(run[-1], word):
            yield from _piece(run)
            run = []
        run.append(word)
    if run:
        yield from _piece(run)


def _follows(word: Word, following: Word) -> bool:
    a, b = word.style, following.style
    size = a.size if a is b else max(a.size, b.size)
    if a is not b and (a.turn != b.turn or abs(a.y - b.y) > _SAME_LINE * size):
        return False
    ahead = following.left - word.right
    if -WIDE_GAP * size / 2 < ahead < WIDE_GAP * size:
        return True
    # A line from right to left may hold words from left to right, and so goes to and fro.
    back = word.left - following.right
    reach = 4 if is_right_to_left(word.text) or is_right_to_left(following.text) else 0
    return -WIDE_GAP * size / 2 < max(ahead, back) < reach * size


def _piece(run: list[Word]) -> Iterator[Piece]:
    text = run[0].text
    for word, following in pairwise(run):
        apart = not (following.is_glued or _is_index(word, following))
        text += (" " if apart else "") + following.text
    text = clean(text.replace(LINE_END_HYPHEN, "-")).strip()
    if not text:
        return
    style = _prevailing(run)
    yield Piece(
        text,
        min(word.left for word in run),
        max(word.right for word in run),
        style.y,
        style.size,
        all(word.style.is_bold for word in run),
        style.turn,
    )


def _prevailing(run: list[Word]) -> Style:
    """Return the style that most letters of ``run`` are set in."""
    first = run[0].style
    if all(word.style is first for word in run):
        return first
    weights: dict[Style, int] = {}
    for word in run:
        weights[word.style] = weights.get(word.style, 0) + len(word.text)
    return max(weights, key=weights.__getitem__)


def _is_index(word: Word, following: Word) -> bool:
    """Say whether one of two words is the raised or lowered index of the other.

    After a number an index stays apart, or it would become part of the number.
    """
    a, b = word.style, following.style
    if a is b:
        return False
    size = max(a.size, b.size)
    if abs(a.y - b.y) < _SHIFTED * size or following.left - word.right > _LETTER_GAP * size:
        return False
    return not (word.text[-1].isdigit() and following.text[0].isdigit())
