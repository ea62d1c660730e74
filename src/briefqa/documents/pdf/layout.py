"""The order in which the pieces of a page are read: columns, and what runs across them.

A gutter is a strip of white that many lines have to their left and right. What
stands beside one is read as columns when both sides look like running text, or
do not share lines; else (a table, a list with its numbers) it is read by rows.
A piece that crosses the gutter parts what stands above it from what is below.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

import numpy as np
from numpy.typing import NDArray

from briefqa.documents.pdf.cleaning import is_right_to_left
from briefqa.documents.pdf.columns import are_columns, is_running_text
from briefqa.documents.pdf.lines import Line, lines_of
from briefqa.documents.pdf.pieces import WIDE_GAP, Piece
from briefqa.documents.pdf.tables import tables_in

_MOST_BINS = 400
_MOST_DEPTH = 8
_GUTTERS_TRIED = 4
_LEAST_SUPPORT = 1.5
_FILLED = 0.75


@dataclass(frozen=True, slots=True)
class Column:
    """Lines from top to bottom; those aside run in another direction than most of the page."""

    lines: list[Line]
    is_aside: bool = False


def reading_order(pieces: Sequence[Piece]) -> list[Column]:
    """Return the columns of a page one after the other.

    Text that runs in the direction of most of the page comes first.
    """
    weights: dict[int, int] = {}
    for piece in pieces:
        weights[piece.turn] = weights.get(piece.turn, 0) + len(piece.text)
    turns = sorted(weights, key=lambda turn: (-weights[turn], turn))
    return [
        Column(lines, is_aside=turn != turns[0])
        for turn in turns
        for lines in _columns([piece for piece in pieces if piece.turn == turn], 0)
    ]


def _columns(pieces: list[Piece], depth: int) -> list[list[Line]]:
    """Cut ``pieces`` at gutters until nothing is left to cut."""
    for gutter in _gutters(pieces) if depth < _MOST_DEPTH else ():
        bands = _bands(pieces, gutter)
        if len(bands) == 1 and not bands[0].is_cut:
            continue
        return [
            column
            for band in bands
            for part in band.parts(gutter)
            for column in _columns(part, depth + 1)
        ]
    return [lines_of(pieces)] if pieces else []


@dataclass(frozen=True, slots=True)
class _Band:
    """What stands between two heights of a page, with or without a gutter through it."""

    pieces: list[Piece]
    is_cut: bool

    def parts(self, gutter: float) -> list[list[Piece]]:
        """Return what is read one after the other."""
        if not self.is_cut:
            return [self.pieces]
        sides = _sides(self.pieces, gutter)
        weight = sum(
            len(piece.text) * (1 if is_right_to_left(piece.text) else -1) for piece in self.pieces
        )
        return sides[::-1] if weight > 0 else sides


def _sides(pieces: Sequence[Piece], gutter: float) -> list[list[Piece]]:
    left = [piece for piece in pieces if piece.right <= gutter]
    return [left, [piece for piece in pieces if piece.left >= gutter]]


def _bands(pieces: list[Piece], gutter: float) -> list[_Band]:
    """Part ``pieces`` where one crosses the gutter, or a table lies across it."""

    def crosses(piece: Piece) -> bool:
        return piece.left < gutter < piece.right

    bands: list[_Band] = []
    ordered = sorted(pieces, key=lambda piece: (piece.y, piece.left))
    for is_crossed, run in groupby(ordered, key=crosses):
        beside = list(run)
        for part in [beside] if is_crossed else _around_tables(beside, gutter):
            cut = not is_crossed and _is_cut(part, gutter)
            if bands and not cut and not bands[-1].is_cut:
                bands[-1].pieces.extend(part)
            else:
                bands.append(_Band(part, cut))
    return bands


def _is_cut(pieces: Sequence[Piece], gutter: float) -> bool:
    left, right = map(lines_of, _sides(pieces, gutter))
    return are_columns(left, right)


def _around_tables(pieces: list[Piece], gutter: float) -> list[list[Piece]]:
    """Part columns above, in and below each table that is laid across them."""
    widths = [
        max((p.right for p in side), default=0.0) - min((p.left for p in side), default=0.0)
        for side in _sides(pieces, gutter)
    ]
    edges: list[float] = []
    for rows, is_table in tables_in(lines_of(pieces)):
        top, bottom = rows[0].y - rows[0].size / 2, rows[-1].y + rows[-1].size / 2
        beside = _sides([piece for piece in pieces if top < piece.y < bottom], gutter)
        # Lines of two columns stand beside each other as cells do, but go on, or fill them.
        is_text = any(map(_is_column, beside, widths))
        if is_table and not is_text:
            edges += (top, bottom)
    parts: list[list[Piece]] = [[] for _ in range(len(edges) + 1)]
    for piece in pieces:
        parts[bisect_left(edges, piece.y)].append(piece)
    return [part for part in parts if part]


def _is_column(pieces: Sequence[Piece], width: float) -> bool:
    lines = lines_of(pieces)
    inked = [sum(cell.right - cell.left for cell in line.cells) for line in lines]
    return bool(lines) and (is_running_text(lines) or median(inked) >= _FILLED * width)


def _gutters(pieces: list[Piece]) -> list[float]:
    """Return where upright strips of white may part columns, the likeliest first."""
    if len(pieces) < 2:  # noqa: PLR2004 - nothing to part
        return []
    size = median(piece.size for piece in pieces)
    left, right = min(p.left for p in pieces), max(p.right for p in pieces)
    top, bottom = min(p.y - p.size for p in pieces), max(p.y for p in pieces)
    wide = max(size / 4, (right - left) / _MOST_BINS)
    high = max(size / 2, (bottom - top) / _MOST_BINS)
    if not (np.isfinite(wide) and np.isfinite(high)):
        return []
    shape = int((bottom - top) / high) + 1, int((right - left) / wide) + 1
    inked = np.zeros(shape, dtype=np.bool_)
    margin = WIDE_GAP * size / 2
    for p in pieces:
        rows = slice(int((p.y - 0.7 * p.size - top) / high), int((p.y - top) / high) + 1)
        first = max(0, round((p.left - margin - left) / wide))
        inked[rows, first : max(first + 1, round((p.right + margin - left) / wide))] = True
    between = (
        np.logical_or.accumulate(inked, axis=1)
        & np.logical_or.accumulate(inked[:, ::-1], axis=1)[:, ::-1]
    )
    support = (between & ~inked).sum(axis=0)
    least = _LEAST_SUPPORT * size / high
    return [left + (at + 0.5) * wide for at in _peaks(support, least)]


def _peaks(support: NDArray[np.intp], least: float) -> list[float]:
    """Return the middles of the highest stretches of ``support``, none next to a higher one."""
    support = support.copy()
    found: list[float] = []
    while len(found) < _GUTTERS_TRIED and support.max() >= least:
        at = int(support.argmax())
        end = at
        while end + 1 < len(support) and support[end + 1] == support[at]:
            end += 1
        found.append((at + end) / 2)
        # The slopes of this stretch are no gutters of their own.
        first, last = at, end
        while first > 0 and 0 < support[first - 1] <= support[first]:
            first -= 1
        while last + 1 < len(support) and 0 < support[last + 1] <= support[last]:
            last += 1
        support[first : last + 1] = 0
    return found
