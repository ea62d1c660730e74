"""Lists inside documents: their items, and the line that announces them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from briefqa.datatypes import Chunk, Span

_MARKER = re.compile(r"[ \t]*(?:>[ \t]*)*(?:[-*+•◦▪–]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+$")
_FIRST = re.compile(r"(?:First|The first|One)(?:ly)?\b")
_LATER = re.compile(
    r"(?:(?:The )?(?:[Ss]econd|[Tt]hird|[Ff]ourth|[Ff]ifth|[Ss]ixth|[Ss]eventh|[Ee]ighth|[Ll]ast"
    r"|[Ff]inal)(?:ly)?|Another|A (?:second|third|fourth|fifth|further|final))\b"
)
_COUNTS = {
    word: count
    for count, word in enumerate(("two", "three", "four", "five", "six", "seven", "eight"), 2)
}
_COUNT = re.compile(rf"\b({'|'.join(_COUNTS)}|[2-8])\b", re.IGNORECASE)
_ANNOUNCES = re.compile(r"[:：][*_ ”’\"']*$")  # noqa: RUF001 - the second is that of Chinese
_WITHIN_ITEM = re.compile(r"[^\S\n]*\n?[^\S\n]*|\s*:\s+")
_FEWEST_ITEMS = 2
_LONGEST_ITEM = 300
"""Code points up to which an item of several sentences is quoted whole."""


@dataclass(frozen=True, slots=True)
class Line:
    """A part of a chunk that is quoted by itself."""

    chunk: Chunk
    span: Span

    @property
    def text(self) -> str:
        """The words of the span."""
        start = self.chunk.span.start
        return self.chunk.text[self.span.start - start : self.span.end - start]


@dataclass(frozen=True, slots=True)
class ItemList:
    """Items that stand together, in order, and the line that announces them, if there is one."""

    announced: Line | None
    items: tuple[Line, ...]

    def has(self, span: Span) -> bool:
        """Tell whether the sentence at ``span`` announces the list or is of one of its items."""
        lines = (*([self.announced] if self.announced else []), *self.items)
        return any(line.span.start <= span.start < line.span.end for line in lines)


def lists_in(chunks: Sequence[Chunk]) -> Iterator[ItemList]:
    """Yield the lists of ``chunks``, which follow each other in one document.

    A list has marked items, or its sentences count on: *First, … Second, …*. It goes on from
    one chunk into the next as long as both stand under the same heading.
    """
    lines = [Line(chunk, span) for chunk in chunks for span in chunk.sentences]
    at = 0
    while at < len(lines):
        before = lines[at - 1] if at and _is_with(lines[at - 1], lines[at]) else None
        if _is_marked(lines[at]):
            items, after = _marked_items(lines, at)
            if before is not None and not _ANNOUNCES.search(before.text):
                before = None
        elif before is not None and _FIRST.match(lines[at].text):
            items = _counted_items(lines, at, before)
            after = at + 1
        else:
            items, after = [], at + 1
        if len(items) >= _FEWEST_ITEMS:
            yield ItemList(before, tuple(items))
        at = after


def _marked_items(lines: Sequence[Line], at: int) -> tuple[list[Line], int]:
    """Return the items that begin with line ``at``, and where what follows them begins."""
    items: list[Line] = []
    start = at
    while at < len(lines) and _is_marked(lines[at]) and _is_with(lines[start], lines[at]):
        first = last = lines[at]
        at += 1
        while at < len(lines) and _continues(last, lines[at]):
            last = lines[at]
            at += 1
        whole = Span(first.span.start, last.span.end)
        items.append(Line(first.chunk, whole) if len(whole) <= _LONGEST_ITEM else first)
    return items, at


def _counted_items(lines: Sequence[Line], at: int, announced: Line) -> list[Line]:
    """Return the sentences from ``at`` on that count on.

    Where the line before says how many there are and fewer do, it is that many in a row.
    """
    rest = [line for line in lines[at:] if line.chunk == lines[at].chunk]
    counted = [rest[0], *(line for line in rest[1:] if _LATER.match(line.text))]
    found = _COUNT.search(announced.text)
    if found is None:
        return counted
    said = found[1].casefold()
    count = _COUNTS.get(said) or int(said)
    return counted[:count] if len(counted) >= count else rest[:count]


def _is_with(one: Line, other: Line) -> bool:
    return one.chunk.heading == other.chunk.heading


def _continues(one: Line, other: Line) -> bool:
    """Tell whether two lines are of the same item: no blank line parts them, or only a colon."""
    if one.chunk != other.chunk or _is_marked(other):
        return False
    start = one.chunk.span.start
    between = one.chunk.text[one.span.end - start : other.span.start - start]
    return _WITHIN_ITEM.fullmatch(between) is not None


def _is_marked(line: Line) -> bool:
    before = line.chunk.text[: line.span.start - line.chunk.span.start]
    return _MARKER.match(before.rpartition("\n")[2]) is not None
