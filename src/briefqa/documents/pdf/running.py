"""Leaves out what a document repeats on its pages: running heads and feet, page numbers.

Left in, they would be cited as content, and would part a sentence that goes
over the page. A line is one if most of the pages around have it at the same
place, in the margin or written across the page, digits aside.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from briefqa.documents.pdf.geometry import seen_bounds
from briefqa.documents.pdf.pages import Page
from briefqa.documents.pdf.pieces import Piece

_AROUND = 6
"""Enough for heads of their own on left and right pages, few enough for those of a chapter."""
_MARGIN = 0.15
_SAME_PLACE = 4.0
_FEWEST_PAGES = 3
_NUMBER = re.compile(r"\d+|\b[ivxlc]{1,7}\b|\b[IVXLC]{1,7}\b")


@dataclass(frozen=True, slots=True)
class _Held:
    """A page, and what of it lies in the margins: (index of a piece, its text, its place)."""

    page: Page
    texts: tuple[str, ...]
    marginal: tuple[tuple[int, str, float], ...]
    places: Mapping[str, Sequence[float]]

    def repeats(self, text: str, place: float) -> bool:
        return any(abs(place - there) <= _SAME_PLACE for there in self.places.get(text, ()))


def without_running(pages: Iterable[Page]) -> Iterator[Page]:
    """Yield ``pages`` without running heads and feet; few pages are held at a time."""
    held: deque[_Held] = deque()
    at = 0
    for page in pages:
        held.append(_hold(page))
        if len(held) - at > _AROUND:
            yield _without(held, at)
            at += 1
        if at > _AROUND:
            held.popleft()
            at -= 1
    for left in range(at, len(held)):
        yield _without(list(held)[max(0, left - _AROUND) :], min(left, _AROUND))


def _hold(page: Page) -> _Held:
    turn = page.text.turn
    _, top, _, bottom = seen_bounds(page.bounds, turn)
    margin = _MARGIN * (bottom - top)
    marginal = tuple(
        (at, _NUMBER.sub("#", piece.text), _place(piece, top, bottom, turn))
        for at, piece in enumerate(page.text.pieces)
        if piece.turn != turn or piece.y < top + margin or piece.y > bottom - margin
    )
    places: dict[str, list[float]] = {}
    for _, text, place in marginal:
        places.setdefault(text, []).append(place)
    return _Held(page, tuple(piece.text for piece in page.text.pieces), marginal, places)


def _place(piece: Piece, top: float, bottom: float, turn: int) -> float:
    """Return how far down ``piece`` stands; from the foot, where that is nearer."""
    if piece.turn != turn:
        return piece.y + 1e6 * (1 + piece.turn)
    return piece.y - top if piece.y - top < bottom - piece.y else piece.y - bottom - 1e5


def _without(held: Sequence[_Held], at: int) -> Page:
    """Return the page at ``at`` without what the pages of ``held`` repeat."""
    this = held[at]
    # A page that is there twice is not a head that is.
    others = [other for other in held if other is not this and other.texts != this.texts]
    if len(held) < _FEWEST_PAGES:
        return this.page
    running = set()
    numbered: list[float] = []
    for index, text, place in this.marginal:
        count = 1 + sum(other.repeats(text, place) for other in others)
        # Left and right pages may have heads of their own.
        spare = 1 if count >= _FEWEST_PAGES else -1
        if count > 1 and 2 * count + spare >= len(held):
            running.add(index)
            numbered += [place] if text == "#" else []
    # Beside the number of the page stands the name of the chapter, which changes.
    running |= {
        index for index, _, place in this.marginal if any(abs(place - y) < 1 for y in numbered)
    }
    kept = [piece for i, piece in enumerate(this.page.text.pieces) if i not in running]
    return replace(this.page, text=replace(this.page.text, pieces=kept))
