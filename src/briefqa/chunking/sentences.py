"""Where sentences begin and end."""

import re
from collections.abc import Iterator

from briefqa.datatypes import Block, BlockKind, Span
from briefqa.documents.layout import trimmed

_MARKER = re.compile(r"[ \t]*(?:>[ \t]*)*(?:[-*+•◦▪–]|\(?\d{1,3}[.)]|\(?[a-z][.)]|:)[ \t]+")
# Ends that the splitter does not see. It takes some whole words for abbreviations (`talent.`),
# a footnote number hides the full stop before it (`attraction.”1 This`), and Chinese and
# Japanese put no space after theirs.
_HIDDEN_END = re.compile(
    r"(?<=\s)[a-z]{5,}[.!?][”’\")]?\s+(?=[A-Z“‘])"
    r"|(?<=[a-z)”’\"][.!?])[”’\")]?\d{1,3}[ \t]+(?=[A-Z“‘\"])"
    r"|[。！？｡]+[”’」』）]*"  # noqa: RUF001 - these marks are meant
)
_CLOSING = re.compile(r"\s*[”’)\]»」』）]")  # noqa: RUF001 - these marks are meant
_STRETCH = 10_000


def units(text: str, block: Block) -> Iterator[tuple[Span, Span | None]]:
    """Yield the pieces into which ``block`` may be cut, each with its sentence.

    The pieces cover all of the block but white space. A piece's sentence is
    the part of it worth quoting: without a list marker, and none for a heading.
    """
    if block.kind is BlockKind.HEADING:
        yield block.span, None
    elif block.kind is BlockKind.HEADER:
        # Who wrote what is one statement: an author's name alone answers nothing.
        yield block.span, block.span
    elif block.kind is BlockKind.LINES:
        yield from ((line, line) for line in _lines(text, block.span))
    else:
        marker = _MARKER.match(text, block.span.start, block.span.end)
        for part in _sentences(text, block.span):
            start = marker.end() if marker and marker.end() > part.start else part.start
            yield part, trimmed(text, start, part.end)


def _lines(text: str, span: Span) -> Iterator[Span]:
    start = span.start
    for line in span.of(text).split("\n"):
        if piece := trimmed(text, start, start + len(line)):
            yield piece
        start += len(line) + 1


def _sentences(text: str, span: Span) -> Iterator[Span]:
    """Yield sentences that cover ``span`` but for white space."""
    within = span.of(text)
    ends = {*_seen_ends(within), *(end.end() for end in _HIDDEN_END.finditer(within))}
    start = 0
    for cut in [*sorted(end for end in ends if _may_cut(within, end)), len(within)]:
        if piece := trimmed(text, span.start + start, span.start + cut):
            yield piece
        start = cut


def _seen_ends(text: str) -> Iterator[int]:
    """Yield where the splitter sees sentences end.

    It is given a stretch at a time: on some texts its cost grows with the square of the length.
    """
    from nupunkt import sent_spans  # noqa: PLC0415 - slow to import

    start = 0
    while start < len(text):
        ends = [end for _, end in sent_spans(text[start : start + _STRETCH])]
        if start + _STRETCH < len(text):
            # The last sentence may go on; it opens the next stretch, unless it is all of this one.
            del ends[-1:]
        yield from (start + end for end in ends)
        start += ends[-1] if ends else _STRETCH


def _may_cut(text: str, cut: int) -> bool:
    """Say whether ``cut`` neither splits a word nor parts a sentence from its closing mark."""
    if cut >= len(text) or (text[cut - 1].isalnum() and text[cut].isalnum()):
        return False
    if text[cut] in "\"'" and not text[cut - 1].isspace():
        return False
    return _CLOSING.match(text, cut) is None
