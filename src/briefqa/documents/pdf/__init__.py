"""Reads PDF files: pages, columns, paragraphs, headings, tables, and the page of each word."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from threading import Lock

from briefqa.datatypes import BlockKind, Document, Mark, PositionUnit
from briefqa.documents.draft import Draft, Outline
from briefqa.documents.files import SourceBytes
from briefqa.documents.metadata import FILE_CREATED, header_lines
from briefqa.documents.options import ReadingOptions
from briefqa.documents.pdf.flow import joined_across
from briefqa.documents.pdf.headings import heading_levels, prevailing, title_of
from briefqa.documents.pdf.joining import Mender
from briefqa.documents.pdf.layout import reading_order
from briefqa.documents.pdf.library import PdfFile, open_pdf
from briefqa.documents.pdf.notices import Notices
from briefqa.documents.pdf.pages import Page, read_page
from briefqa.documents.pdf.paragraphs import Part, mark_notes, parts_of
from briefqa.documents.pdf.properties import read_properties
from briefqa.documents.pdf.running import without_running
from briefqa.errors import DocumentError

_MOST_PAGES = 50_000
_MOST_CHARACTERS = 50_000_000
_PDFIUM = Lock()
"""PDFium knows one thread only."""


def read_pdf(file: SourceBytes, options: ReadingOptions) -> Document:
    """Return the document of a PDF file.

    Raises:
        DocumentError: If it is encrypted or damaged, or no page has text.
    """
    with _PDFIUM, open_pdf(file.source, file.data) as pdf:
        notices = Notices()
        if _is_cut_off(file.data):
            notices.add_whole("the file is damaged or cut off; this is what is left of it")
        parts = list(joined_across(_parts(file.source, pdf, options, notices)))
        if not parts:
            raise notices.no_text(file.source, tried_ocr=options.ocr)
        levels = heading_levels(parts, pdf.bookmarks())
        metadata = read_properties(pdf)
    draft = Draft(PositionUnit.PAGE)
    draft.add_header(header_lines(metadata, {}, dated=FILE_CREATED), {})
    mender = Mender([part.text for part in parts])
    _write(Outline(draft), parts, levels, mender)
    if metadata.title is None and (title := title_of(parts, levels)):
        metadata = replace(metadata, title=mender.mend(title.text).text)
    return draft.finish(file.source, file.source, metadata, file.sha256, notices=notices.texts())


def _is_cut_off(data: bytes) -> bool:
    # Each part of a whole file, and so its last object too, is followed by this mark.
    return data.find(b" obj", data.rfind(b"%%EOF") + 1) >= 0


def _parts(source: str, pdf: PdfFile, options: ReadingOptions, notices: Notices) -> Iterator[Part]:
    """Yield what the pages hold, in order, footnotes marked as such."""
    weights: Counter[float] = Counter()
    for page in without_running(_pages(source, pdf, options)):
        notices.add(page)
        columns = list(_columns(page))
        for part in chain.from_iterable(columns):
            weights[part.size] += len(part.text)
        if weights.total() > _MOST_CHARACTERS:
            raise DocumentError(
                source,
                reason="too_large",
                detail=f"holds more than {_MOST_CHARACTERS:,} characters; split it",
            )
        for column in columns:
            mark_notes(column, prevailing(weights))
            yield from column


def _pages(source: str, pdf: PdfFile, options: ReadingOptions) -> Iterator[Page]:
    count = len(pdf)
    if not count:
        raise DocumentError(
            source, reason="corrupt", detail="is damaged or cut off: no page of it is left"
        )
    if count > _MOST_PAGES:
        raise DocumentError(
            source,
            reason="too_large",
            detail=f"has {count:,} pages; at most {_MOST_PAGES:,} are read",
        )
    languages = options.ocr_languages if options.ocr else None
    for number in range(1, count + 1):
        yield read_page(pdf, number, ocr_languages=languages)


def _columns(page: Page) -> Iterator[list[Part]]:
    for column in reading_order(page.text.pieces):
        parts = parts_of(column.lines, page.number)
        for part in parts:
            part.is_aside = column.is_aside
        yield parts
    if page.recognised:
        yield _recognised(page)


def _recognised(page: Page) -> list[Part]:
    parts = [Part(BlockKind.PARAGRAPH, text, [(0, page.number)]) for text in page.recognised]
    parts[0].opens = True
    return parts


def _write(
    outline: Outline, parts: Sequence[Part], levels: Mapping[int, int], mender: Mender
) -> None:
    page = 0
    for at, part in enumerate(parts):
        mended = mender.mend(part.text)
        marks = [Mark(mended.moved(start), number) for start, number in part.marks]
        marks = marks[1:] if marks[0].number == page else marks
        page = part.marks[-1][1]
        if at in levels:
            outline.add_heading(levels[at], mended.text, number=marks[0].number if marks else None)
        else:
            outline.add_marked(mended.text, part.kind, marks)
