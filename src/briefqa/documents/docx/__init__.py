"""Reads Word documents (DOCX, DOCM, DOTX), of which nothing is ever run.

Not read through python-docx, though its writer is what the tests use: it
refuses templates, documents with macros and those of the strict standard, all
of which Word opens, fails on links to parts that are missing, and knows
nothing of text boxes, notes, tracked changes, hidden text or the numbers of
lists. What is left of its help is less than what guarding it would take.
"""

import posixpath
from collections.abc import Iterator

from lxml import etree

from briefqa.datatypes import Document, JsonValue
from briefqa.documents.archives import Archive, open_archive
from briefqa.documents.docx.numbering import Numbering
from briefqa.documents.docx.styles import Style, Styles
from briefqa.documents.docx.text import ParagraphText, alternative
from briefqa.documents.files import SourceBytes
from briefqa.documents.office import (
    Cell,
    CountedOutline,
    Note,
    OfficeDraft,
    properties_metadata,
)
from briefqa.documents.xml import attribute, child, local_name, parse_xml
from briefqa.errors import DocumentError

_PROPERTIES = {
    "title": "title",
    "creator": "authors",
    "keywords": "keywords",
    "created": "created",
    "modified": "modified",
    "language": "language",
    "subject": "subject",
    "category": "category",
    "description": "comments",
}
_RELATED = ("styles", "numbering", "footnotes", "endnotes")
_TRANSPARENT = {"sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"}
"""What stands around paragraphs without being shown itself."""


def read_docx(file: SourceBytes) -> Document:
    """Return the document of a Word file.

    Headings are told by style or outline level and carry their number, where
    Word counts one. Paragraphs are counted as `CountedOutline` says: a row of
    a table is one, but of a table that only lays out the page (one column, or
    tables in its cells) each paragraph is. Lines of a table of contents,
    headers, footers, comments, deleted and hidden text are left out. Footnotes
    and endnotes stand at the end.

    Raises:
        DocumentError: If it is no Word file, broken, encrypted, unsafe, or
            holds no text.
    """
    package = _Package(open_archive(file))
    main = package.main
    related = {kind: package.related(main, kind) for kind in _RELATED}
    styles = Styles(related["styles"])
    fields = _properties(package.related("", "core-properties"))
    draft = OfficeDraft(file, properties_metadata(fields, file.source))
    root = package.parse(main)
    body = child(root, "body")
    if body is None:
        raise DocumentError(
            file.source, reason="corrupt", detail=f"has no body of text in its part {main!r}"
        )
    reader = _Body(draft.body, styles, Numbering(related["numbering"], styles))
    reader.add_blocks(body)
    reader.end()
    draft.body.add_notes(
        {
            **_note_texts(related["footnotes"], "Footnote", styles),
            **_note_texts(related["endnotes"], "Endnote", styles),
        }
    )
    return draft.finish(holds_images=reader.holds_images, notices=reader.notices)


class _Package:
    """The parts of a Word file, found by how they relate to each other."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        # Parts are named without regard to case.
        self._names = {name.lower().lstrip("/"): name for name in archive.names}
        self.main = self._target("", "officeDocument") or "word/document.xml"

    def parse(self, part: str) -> etree._Element:
        name = self._names.get(part.lower(), part)
        return parse_xml(self._archive.read(name), self._archive.source)

    def related(self, part: str, kind: str) -> etree._Element | None:
        target = self._target(part, kind)
        return self.parse(target) if target is not None else None

    def _target(self, part: str, kind: str) -> str | None:
        """Return the part of that kind that ``part`` ("" is the package) relates to, if present."""
        folder, name = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations.lower() not in self._names:
            return None
        for relation in self.parse(relations):
            stated = (attribute(relation, "Type") or "").rpartition("/")[2]
            if stated != kind or attribute(relation, "TargetMode") == "External":
                continue
            target = posixpath.join("/", folder, attribute(relation, "Target") or "")
            target = posixpath.normpath(target).lstrip("/")
            if target.lower() in self._names:
                return target
        return None


class _Body:
    """Goes through the blocks of a document in order."""

    def __init__(self, outline: CountedOutline, styles: Styles, numbering: Numbering) -> None:
        self._outline = outline
        self._styles = styles
        self._numbering = numbering
        self._held = ""
        self._held_notes: list[Note] = []
        self.holds_images = False
        self.notices: list[str] = []

    def add_blocks(self, parent: etree._Element) -> None:
        for element in parent:
            name = local_name(element)
            if name == "p":
                self._add_paragraph(element)
            elif name == "tbl":
                self._add_table(element)
            elif name == "AlternateContent":
                self.add_blocks(alternative(element))
            elif name == "altChunk":
                self.notices.append("an embedded document is not read")
            elif name in _TRANSPARENT and child(element, "sdtPr", "showingPlcHdr") is None:
                self.add_blocks(element)

    def end(self) -> None:
        """Write down what was held for a paragraph that did not come."""
        self._outline.add_paragraph(self._held, self._held_notes)

    def _add_paragraph(self, paragraph: etree._Element) -> None:
        found = self._read(paragraph)
        if found.style.is_contents:
            return
        text, notes = self._held + found.text, [*self._held_notes, *found.notes]
        self._held, self._held_notes = "", []
        if _runs_on(paragraph):
            self._held, self._held_notes = text, notes
        elif text.strip():
            self._write(found.style, text, notes)
        for box in found.boxes:
            self.add_blocks(box)

    def _write(self, style: Style, text: str, notes: list[Note]) -> None:
        marker = self._numbering.marker(style.numbering)
        if style.heading_level is not None:
            self._outline.add_heading(style.heading_level, f"{_number(marker)}{text}", notes)
        elif marker is not None:
            self._outline.add_item(marker, text, notes)
        elif style.is_code:
            self._outline.add_lines(text, notes)
        else:
            self._outline.add_paragraph(text, notes)

    def _add_table(self, table: etree._Element) -> None:
        rows = [list(_cells(row)) for row in _rows(table)]
        if _lays_out(rows):
            for row in rows:
                for cell in row:
                    self.add_blocks(cell)
            return
        self._outline.add_rows([[self._cell(cell) for cell in row] for row in rows])

    def _cell(self, cell: etree._Element) -> Cell:
        """Return a cell as one line; one that a cell above it reaches into is empty."""
        merged = child(cell, "tcPr", "vMerge")
        if merged is not None and attribute(merged, "val") != "restart":
            return Cell("")
        texts: list[str] = []
        notes: list[Note] = []
        for paragraph in _paragraphs(cell):
            found = self._read(paragraph)
            if found.text.strip():
                texts.append(
                    f"{_number(self._numbering.marker(found.style.numbering))}{found.text}"
                )
            notes += found.notes
            for box in found.boxes:
                texts += (self._read(inner).text for inner in _paragraphs(box))
        return Cell(" ".join(texts), tuple(notes))

    def _read(self, paragraph: etree._Element) -> ParagraphText:
        found = ParagraphText(paragraph, self._styles)
        self.holds_images |= found.holds_images
        return found


def _number(marker: str | None) -> str:
    return f"{marker} " if marker else ""


def _runs_on(paragraph: etree._Element) -> bool:
    """Say whether a paragraph's end is deleted, or it is the large first letter of the next."""
    frame = child(paragraph, "pPr", "framePr")
    dropped = attribute(frame, "dropCap") if frame is not None else None
    is_letter = dropped not in {None, "none"}
    return is_letter or child(paragraph, "pPr", "rPr", "del") is not None


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    """Yield the rows of a table that are not deleted."""
    for element in table:
        name = local_name(element)
        if name == "tr" and child(element, "trPr", "del") is None:
            yield element
        elif name in _TRANSPARENT:
            yield from _rows(element)


def _cells(row: etree._Element) -> Iterator[etree._Element]:
    for element in row:
        name = local_name(element)
        if name == "tc":
            yield element
        elif name in _TRANSPARENT:
            yield from _cells(element)


def _paragraphs(parent: etree._Element) -> Iterator[etree._Element]:
    for element in parent:
        name = local_name(element)
        if name == "p":
            yield element
        elif name == "AlternateContent":
            yield from _paragraphs(alternative(element))
        elif name in _TRANSPARENT:
            yield from _paragraphs(element)


def _lays_out(rows: list[list[etree._Element]]) -> bool:
    """Say whether a table only arranges the page: it has one column, or tables in its cells."""
    if max((len(row) for row in rows), default=0) <= 1:
        return True
    return any(_holds_table(cell) for row in rows for cell in row)


def _holds_table(parent: etree._Element) -> bool:
    return any(
        local_name(inner) == "tbl" or (local_name(inner) in _TRANSPARENT and _holds_table(inner))
        for inner in parent
    )


def _note_texts(root: etree._Element | None, kind: str, styles: Styles) -> dict[Note, str]:
    return {
        Note(kind, attribute(note, "id") or ""): " ".join(
            ParagraphText(paragraph, styles).text for paragraph in _paragraphs(note)
        )
        for note in (root if root is not None else ())
        if attribute(note, "type") in {None, "normal"}
    }


def _properties(root: etree._Element | None) -> dict[str, JsonValue]:
    return {
        _PROPERTIES[name]: (element.text or "").strip()
        for element in (root if root is not None else ())
        if (name := local_name(element)) in _PROPERTIES
    }
