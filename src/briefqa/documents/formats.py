"""Which reader a file gets: its bytes decide, and its name where bytes cannot."""

from pathlib import PurePosixPath
from typing import IO

from briefqa.documents.signatures import (
    BROKEN_GZIP,
    BROKEN_ZIP,
    GZIPPED_TEXT,
    LFS_POINTER,
    LOCKED_OFFICE,
    UNKNOWN,
    ZEROS,
    Content,
    Format,
    content_of,
)
from briefqa.errors import DocumentError

__all__ = ["SUFFIXES", "Content", "Format", "content_for"]

_OF_SUFFIX = {
    ".txt": Format.PLAIN,
    ".text": Format.PLAIN,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".xhtml": Format.HTML,
    ".pdf": Format.PDF,
    ".docx": Format.DOCX,
    ".odt": Format.ODT,
    ".rtf": Format.RTF,
    ".epub": Format.EPUB,
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".jsonl.gz": Format.JSONL,
    ".ndjson.gz": Format.JSONL,
}
SUFFIXES = tuple(_OF_SUFFIX)
"""Endings of names that promise a format that is read."""

_ALSO_PLAIN = frozenset({"", ".rst", ".org", ".log", ".tex", ".adoc", ".asciidoc"})
_OTHER_TEXT = {
    ".eml": Content("a mail message", Format.OTHER, is_text=True, media_type="message/rfc822"),
}
_TEXTUAL = {Format.PLAIN, Format.MARKDOWN, Format.JSONL, Format.CSV, Format.HTML}
_ZIPPED = {Format.DOCX, Format.ODT, Format.EPUB}
_LONGEST_SUFFIX = 10


def content_for(source: str, stream: IO[bytes]) -> tuple[Format, Content]:
    """Return the format to read the file ``source`` as, and what its bytes are.

    The two differ only for text, of which the name tells the kind.

    Raises:
        DocumentError: "empty"; "encrypted"; "not_as_named" if the name promises
            a format and the bytes are none that is read; "unsupported".
        OSError: If the bytes cannot be read.
    """
    stream.seek(0)
    if not stream.read(1):
        raise DocumentError(source, reason="empty", detail="is empty: it holds no bytes at all")
    content, promised = content_of(stream), promised_format(source)
    if content.is_text:
        content = _OTHER_TEXT.get(_suffix(source), content)
    if content == LOCKED_OFFICE:
        raise DocumentError(
            source,
            reason="encrypted",
            detail="is locked with a password; save it without one to have it read",
        )
    form = _chosen(source, content, promised)
    if form is not None:
        return form, content
    raise _refusal(source, content, promised)


def _chosen(source: str, content: Content, promised: Format | None) -> Format | None:
    if content.format is Format.HTML:
        # Templates and programs may open like a page; only their names tell them from one.
        return Format.HTML if promised or _plain_by_name(source) else None
    if content.is_text and content.format is None:
        return promised if promised in _TEXTUAL else _plain_by_name(source)
    if content == BROKEN_ZIP and promised in _ZIPPED:
        return promised
    if content in {GZIPPED_TEXT, BROKEN_GZIP} and promised is Format.JSONL:
        return promised
    return content.format


def _plain_by_name(source: str) -> Format | None:
    return Format.PLAIN if _suffix(source) in _ALSO_PLAIN else None


def promised_format(name: str) -> Format | None:
    """Return the format that the ending of ``name`` promises, if any."""
    return next((f for suffix, f in _OF_SUFFIX.items() if name.lower().endswith(suffix)), None)


def _suffix(name: str) -> str:
    """Return the ending of ``name`` in lower case, if it has one: ``v1.2 final`` has none."""
    suffix = PurePosixPath(name).suffix.lower()
    inner = suffix[1:]
    is_ending = inner.isalnum() and not inner.isdigit() and len(suffix) <= _LONGEST_SUFFIX
    return suffix if is_ending else ""


def _refusal(source: str, content: Content, promised: Format | None) -> DocumentError:
    if content == LFS_POINTER:
        return DocumentError(
            source, reason="not_as_named", detail=f"is {content.name}; fetch it with `git lfs pull`"
        )
    if promised in _TEXTUAL and content in {UNKNOWN, ZEROS}:
        return DocumentError(
            source,
            reason="not_text",
            detail=f"is {content.name}, and not text in any known encoding",
        )
    if promised is not None:
        hint = "; it may be an error page or message saved in its place" if content.is_text else ""
        return DocumentError(
            source,
            reason="not_as_named",
            detail=f"says {promised.value} in its name, but is {content.name}{hint}",
        )
    return DocumentError(
        source,
        reason="unsupported",
        detail=f"is {_named(content, source)}, which is not read; read are {', '.join(SUFFIXES)}",
    )


def _named(content: Content, source: str) -> str:
    suffix = _suffix(source)
    return f"a {suffix} file" if content.is_text and suffix else content.name
