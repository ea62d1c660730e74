"""Reads formats that briefqa has no reader of its own for, through the extra ``all-formats``.

The extra brings kreuzberg. It is given bytes and a media type only: no path,
no cache on disk, no OCR, nothing to fetch.
"""

import importlib
import re
from collections.abc import Iterable, Iterator, Mapping
from email.utils import parseaddr, parsedate_to_datetime
from itertools import groupby
from types import ModuleType

from markdown_it import MarkdownIt

from briefqa.datatypes import BlockKind, Document, JsonValue, Metadata, PositionUnit
from briefqa.documents.archives import open_archive
from briefqa.documents.draft import Draft, Outline
from briefqa.documents.files import SourceBytes
from briefqa.documents.markdown import markdown_blocks
from briefqa.documents.metadata import header_lines
from briefqa.documents.office import properties_metadata
from briefqa.documents.plain import LIST_MARKER, plain_blocks
from briefqa.documents.signatures import Content
from briefqa.errors import DocumentError

_ZIP = b"PK\x03\x04"
_MAIL = {"message/rfc822", "application/vnd.ms-outlook"}
_INLINE = MarkdownIt("commonmark")
_MARKUP = re.compile(r"[*_`\[\\<&!]")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"[|:\- ]+")
_BOLD_LEVEL = 7
_TIMEOUT_S = 240
_LONGEST_REASON = 200


def read_other(file: SourceBytes, content: Content) -> Document:
    """Return the document of a file whose format ``content`` names.

    Slides are numbered as pages are; of other formats no places are known.

    Raises:
        DocumentError: "unsupported" without the extra, or for a format it does
            not read; "corrupt", "unsafe" or "empty" for what cannot be read.
    """
    library = _library(file.source, content)
    if file.data.startswith(_ZIP):
        # The library unpacks as it likes: what would fill memory must be found before.
        archive = open_archive(file)
        for name in archive.names:
            archive.read(name)
    media_type = content.media_type or ""
    is_mail = media_type in _MAIL
    # Nothing in a file can know its own hash, and so none can pass for the mark of a page.
    mark = f"page {file.sha256} of this file"
    text, metadata = _extracted(library, file, media_type, content, mark="" if is_mail else mark)
    if is_mail:
        draft = Draft()
        draft.add(text, plain_blocks(text)[0])
    else:
        draft = _drafted(text, mark, metadata)
    return draft.finish(file.source, file.source, metadata, file.sha256)


def _library(source: str, content: Content) -> ModuleType:
    try:
        return importlib.import_module("kreuzberg")
    except ImportError as error:
        raise DocumentError(
            source,
            reason="unsupported",
            detail=f'is {content.name}; to have it read, pip install "briefqa[all-formats]"',
        ) from error


def _extracted(
    library: ModuleType, file: SourceBytes, media_type: str, content: Content, *, mark: str
) -> tuple[str, Metadata]:
    """Return what the library makes of a file: its text (Markdown, if ``mark`` is given)."""
    pages = {"insert_page_markers": True, "marker_format": f"\n\n{mark} {{page_num}}\n\n"}
    options = library.ExtractionConfig(
        use_cache=False,
        enable_quality_processing=False,
        ocr=None,
        output_format="markdown" if mark else "plain",
        pages=library.PageConfig(**pages) if mark else None,
        extraction_timeout_secs=_TIMEOUT_S,
    )
    try:
        result = library.extract_bytes_sync(file.data, media_type, config=options)
    except library.ValidationError as error:
        raise DocumentError(
            file.source, reason="unsupported", detail=f"is {content.name}, which is not read"
        ) from error
    except (library.KreuzbergError, OSError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:_LONGEST_REASON]
        raise DocumentError(
            file.source,
            reason="corrupt",
            detail=f"is not {content.name} that can be read: {reason}",
        ) from error
    text = result.content.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
    return text, _metadata(result.metadata, file.source)


def _metadata(found: Mapping[str, JsonValue], source: str) -> Metadata:
    authors = found.get("authors") or found.get("author") or found.get("created_by") or ""
    keywords = found.get("keywords") or ""
    is_mail = found.get("format_type") == "email"
    fields: dict[str, JsonValue] = {
        "title": found.get("title") or (found.get("subject") if is_mail else None),
        "authors": _sender(str(found.get("from_email") or "")) if is_mail else _joined(authors),
        "keywords": _joined(keywords),
        "created": _date(str(found.get("created_at") or "")),
        "modified": str(found.get("modified_at") or ""),
        "language": found.get("language"),
        "subject": None if is_mail else found.get("subject"),
        "to": found.get("to_emails"),
        "attachments": found.get("attachments"),
        "sheets": found.get("sheet_names"),
    }
    return properties_metadata(fields, source)


def _joined(value: JsonValue) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _sender(stated: str) -> str:
    name, address = parseaddr(stated)
    return name or address


def _date(stated: str) -> str:
    """Return the date of a mail in the form all others have."""
    try:
        return parsedate_to_datetime(stated).date().isoformat()
    except ValueError:
        return stated


def _drafted(text: str, mark: str, metadata: Metadata) -> Draft:
    """Return the draft of Markdown in which ``mark`` stands before each page."""
    draft = Draft(PositionUnit.PAGE)
    draft.add_header(header_lines(metadata, {}), {})
    outline = Outline(draft)
    for number, part in _pages(text, mark):
        # Parsing a sheet of a hundred thousand rows as Markdown would take minutes.
        for is_table, lines in groupby(part.split("\n"), lambda line: line.startswith("|")):
            if is_table:
                outline.add_rows(_rows(lines), number=number)
                continue
            prose = "\n".join(lines)
            for block in markdown_blocks(prose):
                _add(outline, block.kind, block.span.of(prose), number)
    return draft


def _pages(text: str, mark: str) -> Iterator[tuple[int | None, str]]:
    """Yield the number of each page and its text; the number is None where there are no pages."""
    before, *parts = text.split(f"{mark} ")
    yield None, before
    for part in parts:
        number, _, rest = part.partition("\n")
        yield (int(number) if number.strip().isdecimal() else None), rest


def _add(outline: Outline, kind: BlockKind, text: str, number: int | None) -> None:
    match kind:
        case BlockKind.HEADING:
            level = len(text) - len(text.lstrip("#")) or _BOLD_LEVEL
            outline.add_heading(level, _plain(text.strip("# ")), number=number)
        case BlockKind.LIST_ITEM:
            marker = LIST_MARKER.match(text)
            rest = text[marker.end() :] if marker else text
            outline.add_item(marker[0].strip() if marker else "-", _plain(rest), number=number)
        case BlockKind.LINES:
            fence = text.startswith(("```", "~~~"))
            lines = text.split("\n")
            outline.add_lines("\n".join(lines[1:-1] if fence else lines), number=number)
        case _:
            outline.add_paragraph(_plain(text), number=number)


def _rows(lines: Iterable[str]) -> Iterator[list[str]]:
    for line in lines:
        if _RULE.fullmatch(line):
            continue
        cells = _BETWEEN_CELLS.split(line.strip().removeprefix("|").removesuffix("|"))
        yield [_ESCAPED.sub(r"\1", cell) for cell in cells]


def _plain(text: str) -> str:
    """Return Markdown as it reads, without its markup."""
    if not _MARKUP.search(text):
        return text
    parts = _INLINE.parseInline(text)[0].children or []
    shown = {"text", "text_special", "code_inline", "html_inline"}
    return "".join(
        " " if part.type in {"softbreak", "hardbreak"} else part.content * (part.type in shown)
        for part in parts
    )
