"""Which paragraphs are headings, and how high: told by the file's outline and by their type."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from briefqa.datatypes import BlockKind
from briefqa.documents.metadata import parse_date
from briefqa.documents.pdf.library import Bookmark
from briefqa.documents.pdf.paragraphs import Part
from briefqa.documents.pdf.tables import LEADERS

_TITLE_PAGES = 2
_LARGER = 1.12
_LONGEST = 200
_LONGEST_BOLD = 120
_MOST_LINES = 4
_MOST_BOLD_LINES = 2
_MOST_SIZES = 6
_LETTERS = re.compile(r"[^\W\d_]")
_FOLDED = re.compile(r"[\W_]+")
_NUMBERING = re.compile(r"(?:chapter|section|part|annex|appendix)?[\divxlc]{0,8}[a-z]?")
_SENTENCE = re.compile(r"[.;,:]$")
_MOSTLY = 0.4
_MOST_NEAR = 200


def prevailing(weights: Mapping[float, int]) -> float:
    """Return the font size that most characters are set in, of their counts by size.

    It is 0 where none is known, as of pages read by OCR.
    """
    return max(sorted(filter(None, weights)), key=weights.__getitem__, default=0.0)


def _body_size(parts: Iterable[Part]) -> float:
    weights: Counter[float] = Counter()
    for part in parts:
        weights[_rounded(part.size)] += len(part.text)
    return prevailing(weights)


def title_of(parts: Sequence[Part], levels: Mapping[int, int]) -> Part | None:
    """Return the heading that is the document's title.

    It is the largest of the first pages, if larger than the body or before all else.
    """
    body = _body_size(parts)
    early = [
        at
        for at in levels
        if parts[at].page <= _TITLE_PAGES and (at == 0 or _is_larger(parts[at], body))
    ]
    largest = max(early, key=lambda at: (_rounded(parts[at].size), -at), default=None)
    return None if largest is None else parts[largest]


def heading_levels(parts: Sequence[Part], bookmarks: Sequence[Bookmark]) -> dict[int, int]:
    """Return the level, from 1, of each of ``parts``, by index, that is a heading.

    What the file's own outline names is one, at the outline's level. Besides, a
    short paragraph is one if its type is larger than the body's, or bold.
    """
    body = _body_size(parts)
    named = _named(parts, bookmarks)
    typed = {at for at, part in enumerate(parts) if _looks_like_heading(part, body)}
    bold = [part for part in parts if part.is_bold and part.kind is not BlockKind.LINES]
    if sum(len(p.text) for p in bold) > _MOSTLY * sum(len(p.text) for p in parts):
        # Where most is bold, bold marks nothing.
        typed = {at for at in typed if _is_larger(parts[at], body)}
    level_of = _levels(parts, typed | set(named), body)
    if named:
        _align(level_of, parts, named)
    return {
        at: named.get(at) or level_of[_style(parts[at], body)] for at in sorted(typed | set(named))
    }


def _looks_like_heading(part: Part, body: float) -> bool:
    text = part.text
    if not _may_be_heading(part) or not part.size or not _LETTERS.search(text):
        return False
    if parse_date(text) or LEADERS.search(text):
        return False
    if _is_larger(part, body):
        return len(text) <= _LONGEST and part.lines <= _MOST_LINES
    if not part.is_bold or part.size < 0.95 * body or _SENTENCE.search(text):
        return False
    return len(text) <= _LONGEST_BOLD and part.lines <= _MOST_BOLD_LINES


def _may_be_heading(part: Part) -> bool:
    is_apart = part.is_note or part.is_aside
    return part.kind is not BlockKind.LINES and not is_apart and len(part.marks) == 1


def _is_larger(part: Part, body: float) -> bool:
    return 0 < body * _LARGER <= part.size


def _rounded(size: float) -> float:
    return round(2 * size) / 2


def _style(part: Part, body: float) -> tuple[float, bool]:
    """Return what headings of one level have in common, the highest the largest."""
    size = _rounded(part.size)
    return (size, True) if _is_larger(part, body) else (_rounded(body), part.is_bold)


def _levels(
    parts: Sequence[Part], headings: Iterable[int], body: float
) -> dict[tuple[float, bool], int]:
    styles = sorted({_style(parts[at], body) for at in headings}, reverse=True)
    return {style: min(level, _MOST_SIZES) for level, style in enumerate(styles, 1)}


def _align(
    level_of: dict[tuple[float, bool], int], parts: Sequence[Part], named: dict[int, int]
) -> None:
    """Give the styles of headings that the outline names the level it gives them."""
    body = _body_size(parts)
    votes: defaultdict[tuple[float, bool], Counter[int]] = defaultdict(Counter)
    for at, level in named.items():
        votes[_style(parts[at], body)][level] += 1
    deepest = max(named.values())
    above = 0
    for style in level_of:  # The largest comes first.
        if seen := votes.get(style):
            above = max(sorted(seen), key=seen.__getitem__)
            level_of[style] = above
        else:
            level_of[style] = min(deepest, above) + 1


def _named(parts: Sequence[Part], bookmarks: Sequence[Bookmark]) -> dict[int, int]:
    """Return the level of each part that a bookmark names, by index."""
    at_page: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    for at, part in enumerate(parts):
        if _may_be_heading(part) and len(part.text) <= _LONGEST:
            at_page[part.page].append((at, _fold(part.text)))
    found: dict[int, int] = {}
    for bookmark in bookmarks:
        title = _fold(bookmark.title)
        if not title:
            continue
        # Where a bookmark leads to lies a little above the heading, at times on the page before.
        near = at_page[bookmark.page][:_MOST_NEAR] + at_page[bookmark.page + 1][:3]
        named = (at for at, text in near if at not in found and _is_named(text, title))
        found.update(dict.fromkeys(islice(named, 1), bookmark.level))
    return found


def _is_named(text: str, title: str) -> bool:
    """Say whether ``text`` is ``title``, or is it but for a number before it."""
    return text.endswith(title) and _NUMBERING.fullmatch(text[: -len(title)]) is not None


def _fold(text: str) -> str:
    return _FOLDED.sub("", text).casefold()
