"""The text of a page is written down, part by part, into an outline."""

from collections.abc import Callable
from dataclasses import dataclass, field
from textwrap import dedent

from selectolax.lexbor import LexborNode

from briefqa.documents.draft import Outline
from briefqa.documents.html.lists import ListOfItems
from briefqa.documents.html.marks import Line, formula
from briefqa.documents.html.regions import Regions
from briefqa.documents.html.tables import Cell, aligned, span_of
from briefqa.documents.html.tree import Step, Walk

_PARTS = frozenset({
    "address", "article", "aside", "body", "center", "details", "dialog", "div", "fieldset",
    "footer", "form", "header", "hgroup", "html", "legend", "main", "nav", "search", "section",
})  # fmt: skip
"""Blocks that may stand around a heading's own words."""
_BLOCKS = frozenset({
    "blockquote", "dir", "dl", "figcaption", "figure", "hr", "menu", "ol", "p", "summary",
    "tbody", "tfoot", "thead", "ul",
})  # fmt: skip
_LISTS = frozenset({"ul", "ol", "menu", "dir"})
_LINES = frozenset({"pre", "listing", "xmp", "plaintext"})
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LONGEST_HEADING = 200
_INVISIBLE = dict.fromkeys(map(ord, "\xad\u200b\u2060\ufeff")) | dict.fromkeys(
    [*range(9), 11, 12, *range(14, 32), 127], " "
)
_ENDS = (":", "?", ".", "!")


@dataclass(slots=True)
class _Table:
    """A table of data on the way."""

    element: int
    caption: Cell | None = None
    rows: list[list[Cell]] = field(default_factory=list)
    cell: Cell | None = None


_Handler = Callable[[LexborNode], None]


class PageWriter:
    """Writes pages, one after another, into one outline."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._line = Line()
        self._heading: int | None = None
        self._lines = 0
        self._lists: list[ListOfItems] = []
        self._marker: str | None = None
        self._terms: list[str] = []
        self._in_term = False
        self._table: _Table | None = None
        self._inner_tables = 0
        self._layout_tables: frozenset[int] = frozenset()
        self._on_enter: dict[str, _Handler] = {
            "table": self._open_table,
            "tr": self._open_row,
            "td": self._open_cell,
            "th": self._open_cell,
            "caption": self._open_caption,
            "li": self._open_item,
            "dt": self._open_term,
            "dd": self._open_description,
            "br": self._break_line,
            "sup": lambda _: self._line.open_sup(),
            "a": self._line.open_link,
        }
        self._on_leave: dict[str, _Handler] = {
            "table": self._close_table,
            "td": self._close_cell,
            "th": self._close_cell,
            "caption": self._close_cell,
            "tr": self._close_block,
            "li": self._close_item,
            "dt": self._close_term,
            "dd": self._close_block,
            "dl": self._close_descriptions,
            "sup": lambda _: self._line.close("sup"),
            "a": lambda _: self._line.close("a"),
        }

    def write(self, regions: Regions) -> None:
        """Append the text of a page."""
        self._layout_tables = regions.layout_tables
        walk = Walk(regions.root)
        for step, tag, at in walk:
            if step is Step.TEXT:
                self._line.add(at.text_content or "")
            elif step is Step.LEAVE:
                self._leave(tag, at)
            elif at.mem_id in regions.left_out:
                walk.prune()
            elif tag == "math" and (written := formula(at)):
                self._line.add(written)
                walk.prune()
            else:
                self._enter(tag, at)
        self._flush()
        self._release_terms()

    def _enter(self, tag: str, at: LexborNode) -> None:
        if handler := self._on_enter.get(tag):
            handler(at)
        elif tag in _HEADINGS:
            self._flush()
            self._release_terms()
            self._heading = _HEADINGS[tag] if self._table is None else None
        elif tag in _LINES:
            self._flush()
            self._release_terms()
            self._lines += 1
        elif tag in _PARTS:
            self._pass_part()
        elif tag in _BLOCKS:
            self._flush()
            if tag in _LISTS:
                self._lists.append(ListOfItems.of(at, self._lists))
            elif tag == "dl":
                self._release_terms()
        elif tag == "q":
            self._line.add("“")
        elif tag == "rt":
            self._line.add("(")

    def _leave(self, tag: str, at: LexborNode) -> None:
        if handler := self._on_leave.get(tag):
            handler(at)
        elif tag in _HEADINGS:
            self._flush()
            self._heading = None
        elif tag in _LINES:
            self._flush()
            self._lines -= 1
        elif tag in _PARTS:
            self._pass_part()
        elif tag in _BLOCKS:
            self._close_block(at)
            if tag in _LISTS and self._lists:
                self._lists.pop()
                self._marker = None
        elif tag == "q":
            self._line.add("”")
        elif tag == "rt":
            self._line.add(")")

    # Words

    def _break_line(self, at: LexborNode) -> None:
        # Pages of all ages set paragraphs apart by two breaks.
        if self._line.add_break() > 1 and not self._lines:
            self._close_block(at)

    def _pass_part(self) -> None:
        if self._lines:
            self._line.end_line()
        elif self._heading is not None and self._line.length <= _LONGEST_HEADING:
            self._line.add(" ")
        else:
            self._flush()

    def _close_block(self, _: LexborNode) -> None:
        if self._heading is not None and self._line.length <= _LONGEST_HEADING:
            self._line.add(" ")
        else:
            self._flush()

    def _flush(self) -> None:
        """Write down the words so far as what they are."""
        written = self._line.taken().translate(_INVISIBLE)
        text = " ".join(written.split())
        if not text:
            return
        if self._table is not None:
            if self._table.cell is not None:
                self._table.cell.pieces.append(text)
        elif self._heading is not None:
            self._outline.add_heading(self._heading, text)
            # A heading that nobody closed ends where a paragraph begins.
            self._heading = None
        elif self._in_term:
            self._terms.append(text)
        elif self._lines:
            lines = (line.rstrip() for line in dedent(written).splitlines())
            self._outline.add_lines("\n".join(lines).strip())
        elif self._terms:
            self._outline.add_item(self._taken_terms(), text)
        elif self._marker is not None:
            self._outline.add_item(self._marker, text)
            self._marker = None
        else:
            self._outline.add_paragraph(text)

    # Lists

    def _open_item(self, _: LexborNode) -> None:
        self._flush()
        if self._table is None:
            self._release_terms()
            self._marker = self._lists[-1].next_marker(_) if self._lists else "-"

    def _close_item(self, _: LexborNode) -> None:
        self._flush()
        self._marker = None

    def _open_term(self, _: LexborNode) -> None:
        self._flush()
        self._in_term = self._table is None

    def _close_term(self, _: LexborNode) -> None:
        self._flush()
        self._in_term = False

    def _open_description(self, _: LexborNode) -> None:
        self._flush()
        self._in_term = False

    def _close_descriptions(self, _: LexborNode) -> None:
        self._flush()
        self._release_terms()

    def _taken_terms(self) -> str:
        terms = "; ".join(self._terms)
        self._terms.clear()
        return terms if terms.endswith(_ENDS) else f"{terms}:"

    def _release_terms(self) -> None:
        """Write down terms whose description is not a paragraph, but a list or a table."""
        if self._terms:
            self._outline.add_paragraph(self._taken_terms())

    # Tables

    def _open_table(self, at: LexborNode) -> None:
        self._flush()
        if self._table is not None:
            self._inner_tables += 1
        elif at.mem_id not in self._layout_tables and not (self._in_term or self._lines):
            self._release_terms()
            self._heading = None
            self._table = _Table(at.mem_id)

    def _open_row(self, _: LexborNode) -> None:
        self._flush()
        if self._table is not None and not self._inner_tables:
            self._table.rows.append([])

    def _open_cell(self, at: LexborNode) -> None:
        self._flush()
        table = self._table
        if table is None or self._inner_tables or not table.rows:
            return
        attributes = at.attributes
        table.cell = Cell(span_of(attributes.get("colspan")), span_of(attributes.get("rowspan")))
        table.rows[-1].append(table.cell)

    def _open_caption(self, _: LexborNode) -> None:
        self._flush()
        if self._table is not None and not self._inner_tables:
            self._table.caption = self._table.cell = Cell()

    def _close_cell(self, _: LexborNode) -> None:
        self._flush()
        if self._table is not None and not self._inner_tables:
            self._table.cell = None

    def _close_table(self, at: LexborNode) -> None:
        self._flush()
        table = self._table
        if table is None:
            return
        if table.element != at.mem_id:
            self._inner_tables -= 1
            return
        self._table = None
        caption = [[table.caption.text]] if table.caption is not None else []
        self._outline.add_rows([*caption, *aligned(table.rows)])
