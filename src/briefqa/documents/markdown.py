"""Markdown is cut into blocks; its text stays as it is written."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt

from briefqa.datatypes import Block, BlockKind
from briefqa.documents.layout import LineSpans

# Only a heading's inline markup matters, and parsing all of it costs the most.
_PARSER = MarkdownIt("commonmark").enable("table").disable("inline")
_INLINE = MarkdownIt("commonmark")
_LONGEST_PARSED_HEADING = 1000
_BOLD_LINE = re.compile(r"(?:\*\*|__)[^*_\n]{1,120}(?:\*\*|__):?")
_BELOW_ALL_HEADINGS = 7


def markdown_blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of Markdown ``text``, in order; spans count from its start.

    A paragraph that is nothing but bold text counts as a heading below all others.
    """
    lines = LineSpans(text)
    path: list[tuple[int, str]] = []
    covered = 0
    for first, last, kind, level, title in _leaves(text):
        yield from _left_over(lines, covered, first, path)
        covered = max(covered, last)
        span = lines.span(first, last)
        if span is None:
            continue
        if kind is BlockKind.PARAGRAPH and _BOLD_LINE.fullmatch(span.of(text)):
            title = span.of(text).strip("*_:")  # noqa: PLW2901
            kind, level = BlockKind.HEADING, _BELOW_ALL_HEADINGS  # noqa: PLW2901
        if kind is BlockKind.HEADING:
            path = [entry for entry in path if entry[0] < level]
            path.append((level, title))
        yield Block(span, kind, tuple(name for _, name in path if name))
    yield from _left_over(lines, covered, len(lines), path)


def _leaves(text: str) -> Iterator[tuple[int, int, BlockKind, int, str]]:
    """Yield (first line, line after the last, kind, heading level, heading text)."""
    links: dict[str, object] = {}
    tokens = _PARSER.parse(text, links)
    item_depth = 0
    table: tuple[int, int] | None = None
    for at, token in enumerate(tokens):
        item_depth += {"list_item_open": 1, "list_item_close": -1}.get(token.type, 0)
        if token.map is None:
            continue
        first, last = token.map
        if token.type == "heading_open":
            yield (
                first,
                last,
                BlockKind.HEADING,
                int(token.tag[1]),
                _plain(tokens[at + 1].content, links),
            )
        elif token.type in {"fence", "code_block", "html_block"}:
            yield first, last, BlockKind.LINES, 0, ""
        elif token.type == "table_open":
            table = (first, last)
            yield first, last, BlockKind.LINES, 0, ""
        elif token.type == "paragraph_open" and not (table and table[0] <= first < table[1]):
            yield first, last, BlockKind.LIST_ITEM if item_depth else BlockKind.PARAGRAPH, 0, ""


def _plain(heading: str, links: dict[str, object]) -> str:
    """Return a heading's text without its markup."""
    if len(heading) > _LONGEST_PARSED_HEADING:
        return heading
    parts = _INLINE.parseInline(heading, links)[0].children or []
    shown = {"text", "text_special", "code_inline", "image"}
    return "".join(
        " " if part.type in {"softbreak", "hardbreak"} else part.content * (part.type in shown)
        for part in parts
    ).strip()


def _left_over(
    lines: LineSpans, first: int, last: int, path: list[tuple[int, str]]
) -> Iterator[Block]:
    """Yield what no block covers (rules, link definitions), so that no word is lost."""
    for line in range(first, last):
        if span := lines.span(line, line + 1):
            yield Block(span, BlockKind.LINES, tuple(name for _, name in path if name))
