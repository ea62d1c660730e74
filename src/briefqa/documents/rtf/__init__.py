"""Reads RTF, as Word, LibreOffice and mail programs write it.

Not read through striprtf: it drops footnotes and text boxes, shows hidden and
deleted text, knows neither headings nor properties, fails on letters of two
bytes, and takes minutes for a hostile file of a hundred kilobytes.
"""

from collections.abc import Iterable

from briefqa.datatypes import Document, JsonValue
from briefqa.documents.files import SourceBytes
from briefqa.documents.list_markers import BULLET
from briefqa.documents.office import (
    TITLE_LEVEL,
    Cell,
    CountedOutline,
    Note,
    OfficeDraft,
    properties_metadata,
)
from briefqa.documents.rtf.blocks import RtfNote, RtfParagraph, RtfRow
from briefqa.documents.rtf.parsing import RtfParser

_LOWEST_LEVEL = 8
_CUT_SHORT = "the file ends before its last part does; text may be missing"


def read_rtf(file: SourceBytes) -> Document:
    """Return the document of an RTF file.

    Headings are told by their outline level or style. Paragraphs are counted as
    `CountedOutline` says: a row of a table is one, but of a table of one column
    each paragraph is. Tables of contents, headers, footers, comments, deleted
    and hidden text are left out. Footnotes and endnotes stand at the end.

    Raises:
        DocumentError: If it is not RTF, unsafe, or holds no text.
    """
    parser = RtfParser(file.data, file.source)
    fields: dict[str, JsonValue] = dict(parser.properties)
    draft = OfficeDraft(file, properties_metadata(fields, file.source))
    table: list[RtfRow] = []
    for block in parser.blocks.found:
        if isinstance(block, RtfParagraph):
            _add_table(draft.body, table, parser.notes)
            table = []
            _add_paragraph(draft.body, block, parser.notes)
        else:
            table.append(block)
    _add_table(draft.body, table, parser.notes)
    texts = {_note(parser.notes, number): note.text for number, note in enumerate(parser.notes)}
    draft.body.add_notes(texts)
    return draft.finish(
        holds_images=parser.holds_images, notices=() if parser.is_whole else (_CUT_SHORT,)
    )


def _add_paragraph(outline: CountedOutline, found: RtfParagraph, notes: list[RtfNote]) -> None:
    if found.style.startswith("toc "):
        return
    refers_to = [_note(notes, number) for number in found.notes]
    level = _level(found)
    text = _marked(found)
    if level is not None:
        outline.add_heading(level, text, refers_to)
    elif found.marker is not None:
        outline.add_item(_marker(found.marker), found.text, refers_to)
    else:
        outline.add_paragraph(text, refers_to)
    for box in found.boxes:
        outline.add_paragraph(box)


def _add_table(outline: CountedOutline, rows: list[RtfRow], notes: list[RtfNote]) -> None:
    if max((len(row) for row in rows), default=0) <= 1:
        for paragraph in (p for row in rows for cell in row for p in cell):
            _add_paragraph(outline, paragraph, notes)
        return
    outline.add_rows([[_cell(cell, notes) for cell in row] for row in rows])


def _cell(paragraphs: Iterable[RtfParagraph], notes: list[RtfNote]) -> Cell:
    found = list(paragraphs)
    texts = [text for p in found for text in (_marked(p), *p.boxes)]
    return Cell(" ".join(texts), tuple(_note(notes, n) for p in found for n in p.notes))


def _level(paragraph: RtfParagraph) -> int | None:
    if paragraph.style == "title":
        return TITLE_LEVEL
    level = paragraph.level
    if level is None and paragraph.style.startswith("heading "):
        number = paragraph.style.removeprefix("heading ")
        level = int(number) - 1 if number in set("123456789") else None
    return level + 1 if level is not None and 0 <= level <= _LOWEST_LEVEL else None


def _marked(paragraph: RtfParagraph) -> str:
    marker = paragraph.marker
    return (
        f"{_marker(marker)} {paragraph.text}"
        if marker and paragraph.text.strip()
        else paragraph.text
    )


def _marker(marker: str) -> str:
    """Return a marker that can be read: a bullet is often a sign of a symbol font."""
    is_bullet = marker == "o" or not any(c.isalnum() for c in marker)
    return BULLET if is_bullet else marker


def _note(notes: list[RtfNote], number: int) -> Note:
    return Note("Endnote" if notes[number].is_endnote else "Footnote", str(number))
