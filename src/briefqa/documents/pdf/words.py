"""The words of a page, as PDFium tells them apart, with their place and style."""

import ctypes
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from briefqa.documents.pdf import library
from briefqa.documents.pdf.geometry import FARTHEST, Box, seen_bounds, turned

LINE_END_HYPHEN = "\ufffe"
"""How PDFium writes a hyphen at the end of a line, with no blank after it."""

_WORD = re.compile(f"[^\\s{LINE_END_HYPHEN}]+{LINE_END_HYPHEN}?|{LINE_END_HYPHEN}")
_BLANK = 0x20
_TRUSTED = 0.3
# Asked for a single character, PDFium writes it in yet another way.
_CODES = {0x02: LINE_END_HYPHEN}
_BOLD_NAME = re.compile(rb"bold|black|heavy|demi|CMBX|SFBX|[-,]Bd|BdCn", re.IGNORECASE)
_FORCED_BOLD = 1 << 18
_FILLED_AND_STROKED = 2
_LEAST_SIZE = 0.1
_MOST_SIZE = 10_000.0


@dataclass(frozen=True, slots=True)
class Style:
    """How a text object is set; ``y`` is its base line's."""

    size: float
    is_bold: bool
    turn: int
    y: float


class Word(NamedTuple):
    """A word and how far it reaches along its line."""

    text: str
    left: float
    right: float
    style: Style
    is_glued: bool = False
    """Whether it follows the word before without a blank."""


class WordReader:
    """Reads the words of one page; asks PDFium for as few boxes as it can."""

    def __init__(self, text_page: int, count: int, bounds: Box) -> None:
        self.unmapped = 0
        self._text_page = text_page
        self._bounds = bounds
        self._seen_bounds: dict[int, Box] = {}
        self._styles: dict[int, Style] = {}
        self._fonts: dict[int, bool] = {}
        self._text = self._readable(count)
        # PDFium writes here; the addresses are looked up once.
        self._box = (ctypes.c_float * 4)()
        self._box_at = ctypes.addressof(self._box)
        self._point = (ctypes.c_double * 2)()
        self._point_at = ctypes.addressof(self._point)

    def words(self) -> Iterator[Word]:
        """Yield the words that lie on the page, in the order PDFium gives them."""
        spans = [found.span() for found in _WORD.finditer(self._text)]
        for (start, end), (left, right, drop) in zip(spans, self._extents(spans), strict=True):
            style = self._style(start)
            word = Word(self._text[start:end], left, right, style)
            if style.turn == 0 and drop <= style.size:
                if self._is_seen(word):
                    yield word
            else:
                yield from filter(self._is_seen, self._placed(word.text, start, end))

    def _is_seen(self, word: Word) -> bool:
        """Say whether ``word`` lies on the page; what does not, nobody could find."""
        left, top, right, bottom = self._seen(word.style.turn)
        is_finite = word.right - word.left < FARTHEST
        return (
            is_finite and word.left < right and word.right > left and top <= word.style.y <= bottom
        )

    def _extents(self, spans: list[tuple[int, int]]) -> list[tuple[float, float, float]]:
        """Return left and right of each word, and how far its end lies off its line."""
        page, box = self._text_page, library.get_box
        boxes = np.zeros((len(spans), 2, 4), np.float32)
        at = boxes.ctypes.data
        for start, end in spans:
            box(page, start, at)
            box(page, end - 1, at + 16)
            at += 32
        left, bottom, right = boxes[:, :, 0], boxes[:, :, 3], boxes[:, :, 2]
        drop = np.abs(bottom[:, 1] - bottom[:, 0])
        extents = np.stack((left.min(axis=1), right.max(axis=1), drop), axis=1)
        found: list[tuple[float, float, float]] = extents.tolist()
        return found

    def _seen(self, turn: int) -> Box:
        """Return the bounds of the page as a reader sees it who turns it."""
        if turn not in self._seen_bounds:
            self._seen_bounds[turn] = seen_bounds(self._bounds, turn)
        return self._seen_bounds[turn]

    def _readable(self, count: int) -> str:
        """Return the characters, a NUL for each whose font does not tell its letter."""
        buffer = (ctypes.c_ushort * (count + 1))()
        written = library.get_text(self._text_page, 0, count, ctypes.addressof(buffer)) - 1
        text = bytes(buffer)[: 2 * count].decode("utf-16-le", "replace")
        if written == count == len(text) and not self._has_gaps(text):
            return text
        codes = [library.get_code(self._text_page, i) for i in range(count)]
        nameless = [self._lacks_letter(i, code) for i, code in enumerate(codes)]
        self._distrust_fonts(codes, nameless)
        self.unmapped = sum(nameless)
        return "".join(
            "\0" if lacks else _CODES.get(code) or chr(code)
            for code, lacks in zip(codes, nameless, strict=True)
        )

    def _distrust_fonts(self, codes: list[int], nameless: list[bool]) -> None:
        """Extend ``nameless`` to all letters of a font that does not name many of its own.

        What it seems to name is then mostly a guess, and wrong.
        """
        fonts = [
            library.get_font(library.get_object(self._text_page, i) or 0) or 0
            if code > _BLANK
            else 0
            for i, code in enumerate(codes)
        ]
        used = Counter(fonts)
        failed = Counter(font for font, lacks in zip(fonts, nameless, strict=True) if lacks)
        distrusted = {font for font in failed if font and failed[font] > _TRUSTED * used[font]}
        for i, font in enumerate(fonts):
            nameless[i] = nameless[i] or font in distrusted

    def _lacks_letter(self, i: int, code: int) -> bool:
        return not 0 < code <= sys.maxunicode or bool(library.lacks_letter(self._text_page, i))

    def _has_gaps(self, text: str) -> bool:
        starts = (found.start() for found in _WORD.finditer(text))
        return any(library.lacks_letter(self._text_page, i) for i in starts)

    def _placed(self, text: str, start: int, end: int) -> Iterator[Word]:
        style = self._style(start)
        first = self._extent(start, style)
        last = self._extent(end - 1, style) if end - start > 1 else first
        if abs(last[1] - first[1]) > style.size and end - start > 1:
            # Not on one line: columns of single characters, or a blank that PDFium missed.
            for i in range(start, end):
                for word in self._placed(text[i - start], i, i + 1):
                    yield word._replace(is_glued=i > start)
            return
        yield Word(text, min(first[0], last[0]), max(first[2], last[2]), style)

    def _extent(self, i: int, style: Style) -> Box:
        """Return the box of character ``i`` as a reader sees it who turns the page."""
        if style.turn % 90:
            library.get_origin(self._text_page, i, self._point_at, self._point_at + 8)
            x, y = turned(self._point[0], self._point[1], style.turn)
            return x, y - style.size, x + style.size / 2, y
        library.get_box(self._text_page, i, self._box_at)
        left, top, right, bottom = self._box
        x0, y0 = turned(left, bottom, style.turn)
        x1, y1 = turned(right, top, style.turn)
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    def _style(self, i: int) -> Style:
        text_object = library.get_object(self._text_page, i) or 0
        style = self._styles.get(text_object) or self._read_style(i, text_object)
        if text_object:
            self._styles[text_object] = style
        return style

    def _read_style(self, i: int, text_object: int) -> Style:
        size = ctypes.c_float(1.0)
        bold = False
        if text_object:
            library.get_font_size(text_object, ctypes.addressof(size))
            bold = library.get_render_mode(text_object) == _FILLED_AND_STROKED
            font = library.get_font(text_object) or 0
            if font not in self._fonts:
                self._fonts[font] = _is_bold(font)
            bold = bold or self._fonts[font]
        matrix = (ctypes.c_float * 6)()
        library.get_matrix(self._text_page, i, ctypes.addressof(matrix))
        # What a hostile file may give: numbers that are none, and infinite ones.
        a, b, c, d, e, f = matrix if all(map(math.isfinite, matrix)) else (1, 0, 0, 1, 0, 0)
        if size.value < 0:
            a, b = -a, -b
        turn = round(math.degrees(math.atan2(b, a))) % 360 if a or b else 0
        height = abs(size.value) * math.hypot(c, d)
        height = height if _LEAST_SIZE < height < _MOST_SIZE else _LEAST_SIZE
        return Style(height, bold, turn, turned(e, f, turn)[1])


def _is_bold(font: int) -> bool:
    if not font:
        return False
    name = ctypes.create_string_buffer(128)
    library.get_font_name(font, ctypes.addressof(name), len(name))
    flags = library.get_font_flags(font)
    return _BOLD_NAME.search(name.value) is not None or (flags > 0 and bool(flags & _FORCED_BOLD))
