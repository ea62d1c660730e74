"""The pages of a PDF one by one: what is written on each, or why nothing is."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

import pypdfium2.raw as pdfium

from briefqa.documents.pdf.geometry import Box
from briefqa.documents.pdf.library import Handle, PdfFile
from briefqa.documents.pdf.ocr import OcrError, recognise
from briefqa.documents.pdf.pieces import PageText, read_text

_MOST_OBJECTS_SEEN = 200
_FEWEST_UNMAPPED = 20
_MOST_UNMAPPED = 0.1


class Content(Enum):
    """What a page holds; the value completes "page 3 ..." and "pages 3-7 ..."."""

    TEXT = ("", "")
    PARTLY_UNMAPPED = (
        "holds letters that its fonts do not name; they are left out",
        "hold letters that their fonts do not name; they are left out",
    )
    UNMAPPED = (
        "holds text whose fonts do not name its letters",
        "hold text whose fonts do not name its letters",
    )
    CUT = ("holds more text than is read of a page", "hold more text than is read of a page")
    IMAGE = ("holds only an image", "hold only images")
    DRAWING = ("holds only a drawing", "hold only drawings")
    EMPTY = ("is empty", "are empty")
    DAMAGED = ("is damaged and cannot be read", "are damaged and cannot be read")
    OCR = ("was read by OCR", "were read by OCR")


@dataclass(frozen=True, slots=True)
class Page:
    """A page as read; ``number`` counts from 1.

    ``recognised`` are the paragraphs that OCR found, where it was asked to;
    ``problem`` says why it found none.
    """

    number: int
    content: Content
    text: PageText
    bounds: Box = (0.0, 0.0, 0.0, 0.0)
    recognised: tuple[str, ...] = ()
    problem: str = ""

    @property
    def has_text(self) -> bool:
        """Whether anything of the page can be read."""
        return bool(self.text.pieces or self.recognised)


def read_page(pdf: PdfFile, number: int, *, ocr_languages: str | None = None) -> Page:
    """Return page ``number`` of ``pdf``; one without text is read by OCR if languages are given."""
    with pdf.page(number) as handle:
        if handle is None:
            return Page(number, Content.DAMAGED, PageText([]))
        bounds = _bounds(handle)
        text = read_text(handle, bounds)
        content = _written(text) if text.pieces or text.unmapped else _unwritten(handle)
        if content is Content.UNMAPPED:
            text = PageText([])
        page = Page(number, content, text, bounds)
        if ocr_languages is None or text.pieces or content is Content.EMPTY:
            return page
        return _recognised(page, handle, ocr_languages)


def _recognised(page: Page, handle: Handle, languages: str) -> Page:
    try:
        paragraphs = recognise(handle, languages)
    except OcrError as error:
        return replace(page, problem=f"OCR {error}")
    if not paragraphs:
        return replace(page, problem="OCR finds no text there")
    return replace(page, content=Content.OCR, recognised=paragraphs)


def _bounds(page: Handle) -> Box:
    box = pdfium.FS_RECTF()
    if not pdfium.FPDF_GetPageBoundingBox(page, ctypes.byref(box)):
        return 0.0, 0.0, 612.0, 792.0
    return box.left, box.bottom, box.right, box.top


def _written(text: PageText) -> Content:
    letters = sum(len(piece.text) for piece in text.pieces)
    if text.unmapped > letters:
        return Content.UNMAPPED
    if text.unmapped > max(_FEWEST_UNMAPPED, _MOST_UNMAPPED * letters):
        return Content.PARTLY_UNMAPPED
    return Content.CUT if text.is_cut else Content.TEXT


def _unwritten(page: Handle) -> Content:
    kinds = set(_kinds(page))
    if kinds & {pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM}:
        return Content.IMAGE
    return Content.DRAWING if kinds - {pdfium.FPDF_PAGEOBJ_TEXT} else Content.EMPTY


def _kinds(page: Handle) -> Iterator[int]:
    count = int(pdfium.FPDFPage_CountObjects(page))
    for at in range(min(count, _MOST_OBJECTS_SEEN)):
        yield int(pdfium.FPDFPageObj_GetType(pdfium.FPDFPage_GetObject(page, at)))
