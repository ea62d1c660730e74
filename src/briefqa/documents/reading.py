"""One file in, its documents out."""

# ruff: noqa: PLC0415 - a folder of plain text should not wait for the libraries of PDF and DOCX

import os
from collections.abc import Iterator
from dataclasses import replace
from io import FileIO

from briefqa.datatypes import Document
from briefqa.documents.files import (
    SourceBytes,
    SourceFile,
    SourceStream,
    checked_stream,
    open_regular,
)
from briefqa.documents.formats import Content, Format, content_for, promised_format
from briefqa.documents.options import DEFAULT_OPTIONS, ReadingOptions
from briefqa.errors import DocumentError

READER_VERSION = 3
"""Raised whenever the same file would give another text, block, field, or language of its words."""

_ALIKE = {Format.PLAIN, Format.MARKDOWN}
_ENCODED = {Format.PLAIN, Format.MARKDOWN, Format.HTML}
_REPLACEMENT = "\ufffd"


def read_file(
    file: SourceFile, options: ReadingOptions = DEFAULT_OPTIONS
) -> Iterator[Document | DocumentError]:
    """Yield the documents of ``file`` in order, and an error for each that cannot be read.

    A file of a format that has no reader yields one error; nothing is raised.
    Files that may be hostile are read through `ReaderProcess`.
    """
    try:
        with open_regular(file) as stream:
            form, content = content_for(file.source, stream)
            if form in {Format.JSONL, Format.CSV}:
                with checked_stream(file.source, stream) as records:
                    yield from _read_records(form, records)
            else:
                whole = _whole(file.source, stream, options.most_bytes)
                yield _noted(_read_whole(form, content, whole, options), form)
    except DocumentError as error:
        yield error
    except OSError as error:
        yield DocumentError(
            file.source, reason="unreadable", detail=f"cannot be read: {error.strerror or error}"
        )


def _read_records(form: Format, file: SourceStream) -> Iterator[Document | DocumentError]:
    match form:
        case Format.CSV:
            from briefqa.documents.tables import read_rows

            return read_rows(file)
        case _:
            from briefqa.documents.records import read_records

            return read_records(file)


def _read_whole(  # noqa: PLR0911 - one return a format
    form: Format, content: Content, file: SourceBytes, options: ReadingOptions
) -> Document:
    # Readers are registered here: one case each, with its import inside.
    match form:
        case Format.PLAIN:
            from briefqa.documents.text_files import read_plain

            return read_plain(file)
        case Format.MARKDOWN:
            from briefqa.documents.text_files import read_markdown

            return read_markdown(file)
        case Format.PDF:
            from briefqa.documents.pdf import read_pdf

            return read_pdf(file, options)
        case Format.HTML:
            from briefqa.documents.html import read_html

            return read_html(file)
        case Format.EPUB:
            from briefqa.documents.epub import read_epub

            return read_epub(file)
        case Format.DOCX:
            from briefqa.documents.docx import read_docx

            return read_docx(file)
        case Format.ODT:
            from briefqa.documents.odt import read_odt

            return read_odt(file)
        case Format.RTF:
            from briefqa.documents.rtf import read_rtf

            return read_rtf(file)
        case Format.OTHER:
            from briefqa.documents.other_formats import read_other

            return read_other(file, content)
        case _:
            raise DocumentError(
                file.source,
                reason="unsupported",
                detail=f"is {content.name}, which is not read",
            )


def _whole(source: str, stream: FileIO, most: int) -> SourceBytes:
    """Return all bytes of ``stream``, which may grow while it is read, if they are not too many."""
    size = os.fstat(stream.fileno()).st_size
    stream.seek(0)
    parts: list[bytes] = []
    read = 0
    while size <= most and (part := stream.read(size + 1 - read)):
        parts.append(part)
        read += len(part)
        size = max(size, read)
    if size > most:
        raise _too_large(source, most)
    return SourceBytes(source, b"".join(parts))


def _too_large(source: str, most: int) -> DocumentError:
    return DocumentError(
        source,
        reason="too_large",
        detail=f"is larger than {most:,} bytes, the most that is read; "
        "split it, or raise the limit",
    )


def _noted(document: Document, form: Format) -> Document:
    """Return ``document`` with notices of what a reader cannot know or does not look for."""
    notices = [*document.info.notices]
    promised = promised_format(document.info.source)
    if promised not in {None, form} and not {promised, form} <= _ALIKE:
        name = promised.value if promised else ""
        notices.append(f"its name says {name}, but it is {form.value}, and was read as such")
    if form in _ENCODED and (lost := document.text.count(_REPLACEMENT)):
        notices.append(f"{lost:,} of its characters are damaged, and shown as {_REPLACEMENT}")
    if len(notices) == len(document.info.notices):
        return document
    return replace(document, info=replace(document.info, notices=tuple(notices)))
