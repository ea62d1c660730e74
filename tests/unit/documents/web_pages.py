"""What the tests of web pages share."""

from briefqa.datatypes import BlockKind, Document
from briefqa.documents.files import SourceBytes
from briefqa.documents.html import read_html

PROSE = "Compute sits with a few firms, and so does the power to set terms for everyone else. "


def page(body: str, *, head: str = "", name: str = "page.html") -> Document:
    """Return the document of a page with that body and head."""
    html = f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"
    return read_html(SourceBytes(name, html.encode()))


def shown(body: str, *, head: str = "") -> str:
    """Return the text of a page without the lines that state its metadata."""
    document = page(body, head=head)
    blocks = [block for block in document.blocks if block.kind is not BlockKind.HEADER]
    return document.text[blocks[0].span.start :]


def parts(body: str) -> list[tuple[str, str]]:
    """Return the kind and the text of each block of a page."""
    document = page(body)
    return [
        (block.kind.value, block.span.of(document.text))
        for block in document.blocks
        if block.kind is not BlockKind.HEADER
    ]
