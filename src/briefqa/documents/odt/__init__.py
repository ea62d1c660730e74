"""Reads OpenDocument texts (ODT, OTT).

Not read through odfdo, though its writer is what the tests use: it knows
neither the numbers of lists and headings nor what is hidden. All it would save
is opening the archive and its XML, which is guarded here as for every format.
"""

from collections.abc import Iterator, Sequence

from lxml import etree

from briefqa.datatypes import Document, JsonValue
from briefqa.documents.archives import Archive, open_archive
from briefqa.documents.files import SourceBytes
from briefqa.documents.odt.styles import Counter, OdtStyles
from briefqa.documents.odt.text import BOXES, OdtParagraph, formula_text
from briefqa.documents.office import (
    TITLE_LEVEL,
    Cell,
    CountedOutline,
    Note,
    OfficeDraft,
    properties_metadata,
)
from briefqa.documents.xml import attribute, child, local_name, parse_xml, whole_number
from briefqa.errors import DocumentError

_CONTENT = "content.xml"
_MANIFEST = "META-INF/manifest.xml"
_PROPERTIES = {
    "title": "title",
    "initial-creator": "authors",
    "creation-date": "created",
    "date": "modified",
    "language": "language",
    "subject": "subject",
    "description": "comments",
}
_TRANSPARENT = {
    "section", "index-body", "bibliography", "user-index", "object-index", "frame", "a", "g",
    "list-item", "list-header", *BOXES,
}  # fmt: skip
"""What stands around paragraphs without being shown itself."""

_ROW_GROUPS = {"table-header-rows", "table-rows", "table-row-group"}
_CODE = "preformatted text"


def read_odt(file: SourceBytes) -> Document:
    """Return the document of an OpenDocument text.

    Headings are told by their level and carry their number, where the document
    counts them. Paragraphs are counted as `CountedOutline` says: a row of a
    table is one, but of a table that only lays out the page (one column, or
    tables in its cells) each paragraph is. Tables of contents, headers, footers,
    comments, deleted and hidden text are left out. Notes stand at the end.

    Raises:
        DocumentError: If it is no OpenDocument text, broken, encrypted, unsafe,
            or holds no text.
    """
    archive = open_archive(file)
    if _MANIFEST in archive and b"encryption-data" in archive.read(_MANIFEST):
        raise DocumentError(
            file.source,
            reason="encrypted",
            detail="is locked with a password; save it without one to have it read",
        )
    root = parse_xml(archive.read(_CONTENT), file.source)
    styles = OdtStyles(_part(archive, "styles.xml"), root)
    fields = _properties(_part(archive, "meta.xml"))
    draft = OfficeDraft(file, properties_metadata(fields, file.source))
    body = child(root, "body", "text")
    if body is None:
        raise DocumentError(
            file.source, reason="corrupt", detail=f"has no body of text in its part {_CONTENT!r}"
        )
    reader = _Body(draft.body, styles, archive)
    reader.add_blocks(body)
    draft.body.add_notes(reader.notes)
    return draft.finish(holds_images=reader.holds_images)


class _Body:
    """Goes through the blocks of a document in order."""

    def __init__(self, outline: CountedOutline, styles: OdtStyles, archive: Archive) -> None:
        self._outline = outline
        self._styles = styles
        self._archive = archive
        self._headings = Counter(styles.outline)
        self._lists: dict[str, Counter] = {}
        self._last: Counter | None = None
        self.notes: dict[Note, str] = {}
        self.holds_images = False

    def add_blocks(self, parent: etree._Element) -> None:
        for element in parent:
            match local_name(element):
                case "p":
                    self._add_paragraph(element)
                case "h":
                    self._add_heading(element)
                case "list":
                    self._add_list(element, None, 1)
                case "table":
                    self._add_table(element)
                case name if name in _TRANSPARENT and attribute(element, "display") != "none":
                    self.add_blocks(element)

    def _add_heading(self, element: etree._Element, marker: str = "") -> None:
        level = max(whole_number(attribute(element, "outline-level"), 1), 1)
        found, notes = self._read(element)
        if found.text.strip():
            if not marker and attribute(element, "is-list-header") != "true":
                marker = self._heading_number(element, level)
            self._outline.add_heading(level, f"{marker} {found.text}".lstrip(), notes)
        self._add_boxes(found)

    def _heading_number(self, element: etree._Element, level: int) -> str:
        has_none = self._styles.list_style(attribute(element, "style-name")) == ""
        if has_none or level not in self._headings.levels:
            return ""
        restarts = attribute(element, "restart-numbering") == "true"
        start = whole_number(attribute(element, "start-value"), 1) if restarts else None
        return self._headings.next_marker(level, start=start)

    def _add_paragraph(self, element: etree._Element, marker: str = "") -> None:
        found, notes = self._read(element)
        names = self._styles.names("paragraph", attribute(element, "style-name"))
        if marker:
            self._outline.add_item(marker, found.text, notes)
        elif "title" in names:
            self._outline.add_heading(TITLE_LEVEL, found.text, notes)
        elif _CODE in names:
            self._outline.add_lines(found.text, notes)
        else:
            self._outline.add_paragraph(found.text, notes)
        self._add_boxes(found)

    def _add_boxes(self, found: OdtParagraph) -> None:
        for box in found.boxes:
            self.add_blocks(box)

    def _add_list(self, element: etree._Element, counter: Counter | None, level: int) -> None:
        if counter is None:
            counter = self._counter_of(element)
        for item in element:
            name = local_name(item)
            if name not in {"list-item", "list-header"}:
                continue
            opens = name == "list-item"
            for block in item:
                kind = local_name(block)
                if kind == "list":
                    self._add_list(block, counter, level + 1)
                    continue
                marker = ""
                if opens and kind in {"p", "h"} and self._shows(block):
                    stated = attribute(item, "start-value")
                    start = None if stated is None else whole_number(stated, 1)
                    marker, opens = counter.next_marker(level, start=start), False
                self._add_listed(block, kind, marker)

    def _add_listed(self, block: etree._Element, kind: str, marker: str) -> None:
        if kind == "p":
            self._add_paragraph(block, marker)
        elif kind == "h":
            self._add_heading(block, marker)
        elif kind == "table":
            self._add_table(block)

    def _shows(self, paragraph: etree._Element) -> bool:
        return bool(OdtParagraph(paragraph, self._styles).text.strip())

    def _counter_of(self, element: etree._Element) -> Counter:
        """Return the counter of a list: a new one, or that of the list it continues."""
        continued = attribute(element, "continue-list")
        if continued in self._lists:
            counter = self._lists[continued]
        elif attribute(element, "continue-numbering") == "true" and self._last is not None:
            counter = self._last
        else:
            style = attribute(element, "style-name") or self._style_of_first(element)
            counter = self._styles.counter(style)
        self._last = counter
        if name := attribute(element, "id"):
            self._lists[name] = counter
        return counter

    def _style_of_first(self, element: etree._Element) -> str | None:
        first = child(element, "list-item", "p")
        return self._styles.list_style(
            attribute(first, "style-name") if first is not None else None
        )

    def _add_table(self, table: etree._Element) -> None:
        rows = [list(_cells(row)) for row in _rows(table)]
        cells = [cell for row in rows for cell in row if cell is not None]
        if max((len(row) for row in rows), default=0) <= 1 or any(map(_holds_table, cells)):
            for cell in cells:
                self.add_blocks(cell)
            return
        self._outline.add_rows([[self._cell(cell) for cell in row] for row in rows])

    def _cell(self, cell: etree._Element | None) -> Cell:
        """Return a cell as one line; one that another reaches into (None) is empty."""
        texts: list[str] = []
        notes: list[Note] = []
        for paragraph in _paragraphs(cell) if cell is not None else ():
            found, own = self._read(paragraph)
            texts.append(found.text)
            notes += own
            for box in found.boxes:
                texts += (self._read(inner)[0].text for inner in _paragraphs(box))
        return Cell(" ".join(texts), tuple(notes))

    def _read(self, paragraph: etree._Element) -> tuple[OdtParagraph, Sequence[Note]]:
        """Return what a paragraph shows, and its notes, whose texts are kept for the end."""
        found = OdtParagraph(paragraph, self._styles)
        self.holds_images |= found.holds_images
        for target in found.objects:
            name = f"{target.removeprefix('./')}/{_CONTENT}"
            if name in self._archive:
                content = parse_xml(self._archive.read(name), self._archive.source)
                found.add(formula_text(content))
        notes: list[Note] = []
        for element in found.notes:
            kind = "Endnote" if attribute(element, "note-class") == "endnote" else "Footnote"
            note = Note(kind, str(len(self.notes)))
            body = child(element, "note-body")
            inner = _paragraphs(body) if body is not None else ()
            self.notes[note] = " ".join(OdtParagraph(p, self._styles).text for p in inner)
            notes.append(note)
        return found, notes


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for element in table:
        name = local_name(element)
        if name == "table-row":
            yield element
        elif name in _ROW_GROUPS:
            yield from _rows(element)


def _cells(row: etree._Element) -> Iterator[etree._Element | None]:
    """Yield the cells of a row; None for one that a cell of a row above reaches into."""
    reached = 0
    for element in row:
        name = local_name(element)
        if name == "table-cell":
            reached = whole_number(attribute(element, "number-columns-spanned"), 1) - 1
            yield element
        elif name == "covered-table-cell":
            reached -= 1
            if reached < 0:
                yield None


def _paragraphs(parent: etree._Element) -> Iterator[etree._Element]:
    for element in parent:
        name = local_name(element)
        if name in {"p", "h"}:
            yield element
        elif name == "list" or name in _TRANSPARENT:
            yield from _paragraphs(element)


def _holds_table(parent: etree._Element) -> bool:
    return any(
        local_name(inner) == "table" or (local_name(inner) in _TRANSPARENT and _holds_table(inner))
        for inner in parent
    )


def _part(archive: Archive, name: str) -> etree._Element | None:
    return parse_xml(archive.read(name), archive.source) if name in archive else None


def _properties(root: etree._Element | None) -> dict[str, JsonValue]:
    meta = child(root, "meta")
    found: dict[str, JsonValue] = {}
    keywords: list[str] = []
    for element in meta if meta is not None else ():
        name, text = local_name(element), (element.text or "").strip()
        if name == "keyword":
            keywords.append(text)
        elif name in _PROPERTIES:
            found[_PROPERTIES[name]] = text
        elif name == "creator":
            found.setdefault("last author", text)
    last = found.pop("last author", "")
    found.setdefault("authors", last)
    return {**found, "keywords": "; ".join(keywords)}
