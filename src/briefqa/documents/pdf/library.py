"""PDFium as this reader uses it: files and pages that close themselves, and fast calls.

PDFium is C++ and knows one thread only; its handles must be closed inner before
outer. The context managers here see to the order, the reader to the lock.
"""

import ctypes
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

from briefqa.errors import DocumentError

Handle = Any  # A ctypes pointer; pypdfium2 ships no types.

_MOST_BOOKMARKS = 20_000
_MOST_BOOKMARK_DEPTH = 12
_MOST_VALUE_BYTES = 200_000
_NO_TITLE = re.compile(r"\W*")


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the file's own outline; ``level`` and ``page`` count from 1."""

    level: int
    title: str
    page: int


@contextmanager
def open_pdf(source: str, data: bytes) -> Iterator["PdfFile"]:
    """Open the PDF that ``data`` holds, and close it.

    Raises:
        DocumentError: If it is encrypted or is not a whole PDF.
    """
    handle = pdfium.FPDF_LoadMemDocument64(data, len(data), None)
    if not handle:
        raise _why_not(source, data, pdfium.FPDF_GetLastError())
    try:
        yield PdfFile(handle)
    finally:
        pdfium.FPDF_CloseDocument(handle)


def _why_not(source: str, data: bytes, code: int) -> DocumentError:
    if code == pdfium.FPDF_ERR_PASSWORD:
        return DocumentError(
            source,
            reason="encrypted",
            detail="is encrypted and opens only with a password; save it without one",
        )
    if code == pdfium.FPDF_ERR_SECURITY:
        return DocumentError(
            source,
            reason="encrypted",
            detail="is encrypted in a way that cannot be read; save it without encryption",
        )
    detail = "is damaged or cut off: its list of pages cannot be found"
    if b"%PDF-" not in data[:1024]:
        detail = "does not begin as a PDF does"
    return DocumentError(source, reason="corrupt", detail=detail)


class PdfFile:
    """An open PDF."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def __len__(self) -> int:
        return max(0, int(pdfium.FPDF_GetPageCount(self._handle)))

    @property
    def language(self) -> str:
        """The language that the file states for all of its text, or nothing."""
        units = ctypes.POINTER(pdfium.FPDF_WCHAR)
        return _wide(
            lambda out, n: pdfium.FPDFCatalog_GetLanguage(self._handle, ctypes.cast(out, units), n)
        )

    def property(self, name: str) -> str:
        """Return the value of a field of the file's properties, or nothing."""
        key = name.encode()
        return _wide(lambda out, n: pdfium.FPDF_GetMetaText(self._handle, key, out, n))

    def bookmarks(self) -> list[Bookmark]:
        """Return the file's own outline in its order, entries without a page left out."""
        found: list[Bookmark] = []
        seen: set[int] = set()
        first = pdfium.FPDFBookmark_GetFirstChild(self._handle, None)
        waiting = [(first, 1)]
        while waiting and len(seen) < _MOST_BOOKMARKS:
            handle, level = waiting.pop()
            address = _address(handle)
            # A damaged outline may lead back into itself.
            if not address or address in seen:
                continue
            seen.add(address)
            if bookmark := self._bookmark(handle, level):
                found.append(bookmark)
            waiting.append((pdfium.FPDFBookmark_GetNextSibling(self._handle, handle), level))
            if level < _MOST_BOOKMARK_DEPTH:
                child = pdfium.FPDFBookmark_GetFirstChild(self._handle, handle)
                waiting.append((child, level + 1))
        return found

    def _bookmark(self, handle: Handle, level: int) -> Bookmark | None:
        place = pdfium.FPDFBookmark_GetDest(self._handle, handle)
        page = int(pdfium.FPDFDest_GetDestPageIndex(self._handle, place)) if place else -1
        title = _wide(lambda out, n: pdfium.FPDFBookmark_GetTitle(handle, out, n))
        if page < 0 or _NO_TITLE.fullmatch(title):
            return None
        return Bookmark(level, title, page + 1)

    @contextmanager
    def page(self, number: int) -> Iterator[Handle]:
        """Open page ``number``, from 1, and close it; None if it is damaged."""
        handle = pdfium.FPDF_LoadPage(self._handle, number - 1)
        try:
            yield handle or None
        finally:
            if handle:
                pdfium.FPDF_ClosePage(handle)


@contextmanager
def open_text(page: Handle) -> Iterator[int]:
    """Yield the address of the text of ``page``, 0 if PDFium gives up on it, and free it."""
    handle = pdfium.FPDFText_LoadPage(page)
    try:
        yield _address(handle)
    finally:
        if handle:
            pdfium.FPDFText_ClosePage(handle)


def _address(handle: Handle) -> int:
    return ctypes.cast(handle, ctypes.c_void_p).value or 0 if handle else 0


def _wide(call: Callable[[Handle, int], int]) -> str:
    """Return the UTF-16 text that ``call`` writes, and says the bytes of, its end included."""
    size = int(call(None, 0))
    if not 0 < size <= _MOST_VALUE_BYTES:
        return ""
    out = ctypes.create_string_buffer(size + 2)
    call(out, size)
    return out.raw[:size].decode("utf-16-le", "replace").rstrip("\0")


def _fast(name: str, result: type, *arguments: type) -> Callable[..., int]:
    """Return a function of PDFium that takes plain addresses, a third faster than pypdfium2's."""
    function = ctypes.cast(getattr(pdfium, name), ctypes.c_void_p)
    return ctypes.CFUNCTYPE(result, *arguments)(function.value or 0)


_POINTER, _INT, _UNSIGNED = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint
count_characters = _fast("FPDFText_CountChars", _INT, _POINTER)
get_text = _fast("FPDFText_GetText", _INT, _POINTER, _INT, _INT, _POINTER)
get_code = _fast("FPDFText_GetUnicode", _UNSIGNED, _POINTER, _INT)
get_box = _fast("FPDFText_GetLooseCharBox", _INT, _POINTER, _INT, _POINTER)
get_origin = _fast("FPDFText_GetCharOrigin", _INT, _POINTER, _INT, _POINTER, _POINTER)
get_object = _fast("FPDFText_GetTextObject", _POINTER, _POINTER, _INT)
get_matrix = _fast("FPDFText_GetMatrix", _INT, _POINTER, _INT, _POINTER)
lacks_letter = _fast("FPDFText_HasUnicodeMapError", _INT, _POINTER, _INT)
get_font = _fast("FPDFTextObj_GetFont", _POINTER, _POINTER)
get_font_size = _fast("FPDFTextObj_GetFontSize", _INT, _POINTER, _POINTER)
get_font_name = _fast(
    "FPDFFont_GetBaseFontName", ctypes.c_size_t, _POINTER, _POINTER, ctypes.c_size_t
)
get_font_flags = _fast("FPDFFont_GetFlags", _INT, _POINTER)
get_render_mode = _fast("FPDFTextObj_GetTextRenderMode", _INT, _POINTER)
