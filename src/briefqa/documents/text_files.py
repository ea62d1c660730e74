"""Reads Markdown and plain text, with or without front matter."""

# ruff: noqa: PLC0415 - a folder of plain text should not wait for the parsers of Markdown, YAML

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from briefqa.datatypes import Block, BlockKind, Document, Mark, Metadata
from briefqa.documents.decoding import decode
from briefqa.documents.draft import Draft
from briefqa.documents.files import SourceBytes
from briefqa.documents.metadata import field_of, header_lines, read_metadata, roles_of
from briefqa.documents.plain import plain_blocks

if TYPE_CHECKING:
    from briefqa.documents.front_matter import FrontMatter

_FENCE = "---"
"""Opens a front matter."""

_BODY_FIELDS = ("content", "body", "text")
"""Fields of the front matter in which some publishing systems keep text of the page itself."""

_STATED = ("title", "authors", "published", "abstract")
"""What the lines that open a document's text may state."""


def read_plain(file: SourceBytes) -> Document:
    """Return the document of a plain text file.

    Raises:
        DocumentError: If it is not text, or holds none.
    """
    text = decode(file.data, file.source)
    front, body_start = _front_matter(text)
    if front is not None:
        # Front matter is a Markdown custom: what follows it is Markdown, whatever the name.
        return _with_front_matter(file, text, front, body_start)
    blocks, metadata = plain_blocks(text)
    draft = Draft()
    draft.add(text, blocks, [Mark(0, 1, 1)])
    return draft.finish(file.source, file.source, metadata, file.sha256)


def read_markdown(file: SourceBytes) -> Document:
    """Return the document of a Markdown file.

    Raises:
        DocumentError: If it is not text, or holds none.
    """
    text = decode(file.data, file.source)
    front, body_start = _front_matter(text)
    if front is not None:
        return _with_front_matter(file, text, front, body_start)
    from briefqa.documents.markdown import markdown_blocks

    draft = Draft()
    draft.add(text, markdown_blocks(text), [Mark(0, 1, 1)])
    return draft.finish(
        file.source, file.source, Metadata(title=_first_heading(draft.blocks)), file.sha256
    )


def _front_matter(text: str) -> "tuple[FrontMatter | None, int]":
    """Return the front matter of ``text``, if any, and where the body starts."""
    if not text.startswith(_FENCE):
        return None, 0
    from briefqa.documents.front_matter import split_front_matter

    return split_front_matter(text)


def _with_front_matter(
    file: SourceBytes, text: str, front: "FrontMatter", body_start: int
) -> Document:
    from briefqa.documents.markdown import markdown_blocks

    body_fields = [name for name in front.texts if name.lower() in _BODY_FIELDS]
    fields = {name: value for name, value in front.fields.items() if name not in body_fields}
    metadata = read_metadata(fields)
    keys = {name: field_of(name, fields) for name in _STATED}
    lines = {name: front.lines[key] for name, key in keys.items() if key is not None}
    roles = roles_of(fields[keys["authors"]]) if keys["authors"] else {}
    draft = Draft()
    draft.add_header(header_lines(metadata, roles), lines)
    for name in body_fields:
        written, line = front.texts[name]
        draft.add(written, markdown_blocks(written), [Mark(0, line, 1)])
    body, body_line = text[body_start:], 1 + text.count("\n", 0, body_start)
    draft.add(body, markdown_blocks(body), [Mark(0, body_line, 1)])
    metadata = replace(metadata, title=metadata.title or _first_heading(draft.blocks))
    return draft.finish(file.source, file.source, metadata, file.sha256)


def _first_heading(blocks: Sequence[Block]) -> str | None:
    headings = (b.heading[-1] for b in blocks if b.kind is BlockKind.HEADING and b.heading)
    return next(headings, None)
