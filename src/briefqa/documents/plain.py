"""Plain text is cut into blocks by what its lines look like.

Nothing is certain here: headings and wrapped lines are guessed, and a wrong
guess costs at most a less useful heading path, never a word of the text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from briefqa.datatypes import Block, BlockKind, Metadata, Span
from briefqa.documents.layout import LineSpans
from briefqa.documents.metadata import parse_date

LIST_MARKER = re.compile(r"[ \t]*(?:[-*+•◦▪–]|\(?\d{1,3}[.)]|\(?[a-z][.)])[ \t]+")
_NUMBERED = re.compile(r"\d{1,3}[.)][ \t]+")
_FUNCTION_WORD = re.compile(
    r"\b(?:a|an|and|as|at|by|for|from|in|is|its|of|on|or|our|than|that|the|their|to|with)$"
)
_PERSON = re.compile(
    r"(?:(?:Dr|Prof|Professor|Mr|Mrs|Ms|Sir|Dame|Lord|Baroness)\.? )?"
    r"[A-Z][\w’'-]+(?: [A-Z]\.?| (?:de|van|von|der|la|bin|al)| [A-Z][\w’'-]+){1,3}"
)
_BETWEEN_NAMES = re.compile(r",? (?:and|&) |, ")
_TITLES = re.compile(r"^(?:Dr|Prof|Professor|Mr|Mrs|Ms|Sir|Dame|Lord|Baroness)\.? ")
_LONGEST_HEADING = 120
_LONGEST_QUESTION = 300
_OPENING_BLOCKS = 6
_FEWEST_WRAPPED_LINES = 3
_WIDEST_WRAP = 100


@dataclass(frozen=True, slots=True)
class _Run:
    """Lines [first, last) that belong together."""

    first: int
    last: int
    span: Span
    text: str

    @property
    def is_item(self) -> bool:
        return LIST_MARKER.match(self.text) is not None

    @property
    def may_be_heading(self) -> bool:
        text = self.text
        if self.last - self.first > 1 or not (text[0].isupper() or text[0].isdigit()):
            return False
        if (self.is_item and not _NUMBERED.match(text)) or parse_date(text):
            return False
        if text.endswith("?"):
            return len(text) <= _LONGEST_QUESTION
        plain = (text[-1].isalnum() or text[-1] in '”’")') and "://" not in text
        if not plain or len(text) > _LONGEST_HEADING:
            return False
        return sum(c.isalpha() for c in text) * 2 > len(text)


def plain_blocks(text: str) -> tuple[list[Block], Metadata]:
    """Return the blocks of ``text``, in order, and what its own lines say of it.

    A heading is a short line without a full stop that text follows. The first
    line is the title when it looks like a heading; a line of names near the top
    gives the authors; the one line that is nothing but a date, the date.
    """
    runs = _runs(text)
    byline = _byline(runs[:_OPENING_BLOCKS])
    title = runs[0].text if _opens_with_title(runs) else None
    blocks: list[Block] = []
    heading: tuple[str, ...] = ()
    for at, run in enumerate(runs):
        kind = BlockKind.LIST_ITEM if run.is_item else BlockKind.PARAGRAPH
        if (at == 0 and title) or (run is not byline and _is_heading(runs, at)):
            kind = BlockKind.HEADING
            heading = (run.text,)
        blocks.append(Block(run.span, kind, heading))
    dates = {date for run in runs if (date := parse_date(run.text)) and len(date) > len("2025")}
    return blocks, Metadata(
        title=title,
        authors=_names(byline.text) if byline else (),
        published=dates.pop() if len(dates) == 1 else None,
    )


def _opens_with_title(runs: Sequence[_Run]) -> bool:
    if len(runs) < 2 or not runs[0].may_be_heading:  # noqa: PLR2004 - a title and what it names
        return False
    return not (runs[0].is_item and runs[1].is_item)


def _is_heading(runs: Sequence[_Run], at: int) -> bool:
    run = runs[at]
    if not run.may_be_heading or at + 1 == len(runs):
        return False
    following = runs[at + 1]
    if run.is_item and following.is_item:
        return False
    return following.is_item or (not following.may_be_heading and len(following.text) > 40)  # noqa: PLR2004 - a line of prose


def _runs(text: str) -> list[_Run]:
    """Join the lines that were one line before somebody wrapped them."""
    lines = LineSpans(text)
    found: list[_Run] = []
    for first, last in _paragraphs(lines):
        spans = [lines.span(line, line + 1) for line in range(first, last)]
        texts = [span.of(text) if span else "" for span in spans]
        wrapped = _is_wrapped(texts)
        start = first
        for line in range(first + 1, last + 1):
            at = line - first
            if line < last and _continues(texts[at - 1], texts[at], wrapped=wrapped):
                continue
            if span := lines.span(start, line):
                found.append(_Run(start, line, span, span.of(text)))
            start = line
    return found


def _paragraphs(lines: LineSpans) -> Iterator[tuple[int, int]]:
    """Yield runs [first, last) of lines with no blank line among them."""
    first: int | None = None
    for line in range(len(lines) + 1):
        if line < len(lines) and lines.span(line, line + 1):
            first = line if first is None else first
        elif first is not None:
            yield first, line
            first = None


def _is_wrapped(lines: Sequence[str]) -> bool:
    """Say whether every line but the last runs to about one same width."""
    widths = [len(line) for line in lines[:-1]]
    if len(lines) < _FEWEST_WRAPPED_LINES or max(widths) > _WIDEST_WRAP:
        return False
    return min(widths) > 0.6 * max(widths)


def _continues(line: str, following: str, *, wrapped: bool) -> bool:
    if LIST_MARKER.match(following):
        return False
    if wrapped or following[0].islower():
        return True
    return line[-1] in ",-–—" or _FUNCTION_WORD.search(line) is not None


def _byline(opening: Sequence[_Run]) -> _Run | None:
    return next((run for run in opening[1:] if _names(run.text)), None)


def _names(line: str) -> tuple[str, ...]:
    """Return the people a line names, if it does nothing else."""
    by = line.startswith(("By ", "by "))
    parts = _BETWEEN_NAMES.split(line[3:] if by else line)
    if (len(parts) < 2 and not by) or not all(_PERSON.fullmatch(part) for part in parts):  # noqa: PLR2004
        return ()
    return tuple(_TITLES.sub("", part) for part in parts)
