"""Reads web pages: their text as a person sees it, without what surrounds it."""

import codecs
import re

from briefqa.datatypes import Document, Metadata
from briefqa.documents.decoding import decode
from briefqa.documents.draft import Draft, Outline
from briefqa.documents.files import SourceBytes
from briefqa.documents.html.hidden import Hidden
from briefqa.documents.html.metadata import page_metadata
from briefqa.documents.html.regions import find_regions
from briefqa.documents.html.text import PageWriter
from briefqa.documents.html.tree import parse_page, xhtml_as_html
from briefqa.documents.metadata import header_lines
from briefqa.errors import DocumentError

_DECLARED = re.compile(
    rb"""(?:charset|encoding)\s{0,9}=\s{0,9}["']?\s{0,9}([a-zA-Z0-9_:-]{2,30})"""
)
_DECLARED_WITHIN = 4096
_KNOWN = re.compile(
    r"utf-?8|(?:windows|cp)-?125[0-8]|windows-874|tis-620|iso-?8859-\d{1,2}|latin[1-9]|koi8-[ru]"
    r"|gb2312|gbk|gb18030|big5(?:-hkscs)?|(?:x-)?s(?:hift_?)?jis|euc-(?:jp|kr)|iso-2022-jp"
    r"|macintosh|ks_c_5601-1987|us-ascii|ascii"
)
"""Python knows encodings that no page may choose: some are slow, some no encodings of text."""
_READ_AS = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-9": "cp1254",
    "windows-874": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "macintosh": "mac_roman",
}
"""What browsers read pages as that declare one encoding and use its larger kin."""
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MOST_WRONG = 0.05
_IN_SEVEN_BITS = "iso-2022-jp"


def read_html(file: SourceBytes) -> Document:
    """Return the document of a web page, in HTML or XHTML.

    Raises:
        DocumentError: If it is not text, or holds none.
    """
    text = page_text(file.data, file.source)
    if file.source.lower().endswith(".xhtml") or text.lstrip().startswith("<?xml"):
        text = xhtml_as_html(text)
    tree = parse_page(text)
    top = tree.body if tree.body is not None else tree.root
    body = Draft()
    if top is None:
        return body.finish(file.source, file.source, Metadata(), file.sha256)
    sheets = (it.text() for it in tree.css("style"))
    regions = find_regions(top, Hidden(sheets))
    PageWriter(Outline(body)).write(regions)
    if not body.blocks and tree.css_first("script[src]") is not None:
        raise DocumentError(
            file.source,
            reason="no_text",
            detail="holds no text of its own, only scripts that fetch it; "
            "open the page in a browser and save it from there",
        )
    metadata = page_metadata(tree, regions.root, text, body)
    draft = Draft()
    draft.add_header(header_lines(metadata, {}), {})
    draft.add(body.text, body.blocks)
    return draft.finish(file.source, file.source, metadata, file.sha256)


def page_text(data: bytes, source: str) -> str:
    """Return the source of a page as text.

    A byte-order mark decides; then UTF-8 if it fits; then the encoding that the
    page declares, if it all but fits; else it is guessed.

    Raises:
        DocumentError: If the bytes are not text in any encoding.
    """
    found = _DECLARED.search(data[:_DECLARED_WITHIN])
    declared = found[1].decode("ascii").lower() if found else ""
    if _KNOWN.fullmatch(declared) and not data.startswith(_MARKS) and b"\0" not in data[:100]:
        text = _declared_text(data, _READ_AS.get(declared, declared))
        if text is not None:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    return decode(data, source)


def _declared_text(data: bytes, encoding: str) -> str | None:
    if data.isascii():
        return data.decode(encoding, "replace") if encoding == _IN_SEVEN_BITS else None
    try:
        data.decode()
    except UnicodeDecodeError:
        pass
    else:
        return None
    try:
        text = data.decode(encoding, "replace")
    except LookupError:
        return None
    wrong = text.count("\ufffd")
    foreign = sum(not char.isascii() for char in text)
    return text if wrong <= _MOST_WRONG * foreign else None
