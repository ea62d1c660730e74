"""One file in, its documents out."""

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import IO, cast

from briefqa.datatypes import (
    Block,
    BlockKind,
    DocId,
    Document,
    DocumentInfo,
    LineMark,
    Metadata,
    PositionMap,
    Span,
)
from briefqa.documents.decoding import decode
from briefqa.documents.files import SourceFile, file_sha256
from briefqa.documents.front_matter import FrontMatter, split_front_matter
from briefqa.documents.markdown import markdown_blocks
from briefqa.documents.metadata import field_of, header_lines, read_metadata, roles_of
from briefqa.documents.plain import plain_blocks
from briefqa.documents.values import json_value
from briefqa.errors import DocumentError

READER_VERSION = 1
"""Raised whenever the same file would give another text, block or field."""

_BODY_FIELDS = ("content", "body", "text")
"""Fields of the front matter in which some publishing systems keep text of the page itself."""

_STATED = ("title", "authors", "published", "abstract")
"""What the lines that open a document's text may state."""


class _Draft:
    """A document's text in the making, with what is known of each part."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._marks: list[LineMark] = []
        self._length = 0
        self.blocks: list[Block] = []

    def add(self, text: str, blocks: Sequence[Block], *, line: int, step: int) -> None:
        """Append ``text``, which starts on source line ``line``, and its blocks."""
        if not text.strip():
            return
        if self._length:
            self._parts.append("\n\n")
            self._length += 2
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        self._marks.append(LineMark(start, line, step))
        self.blocks += [
            replace(b, span=Span(b.span.start + start, b.span.end + start)) for b in blocks
        ]

    def add_header(self, lines: list[tuple[str, str]], line_of: dict[str, int]) -> None:
        """Append the lines that state title, authors, date and abstract."""
        if not lines:
            return
        self._parts.append("\n".join(text for _, text in lines))
        for field, text in lines:
            start = self._length and self._length + 1
            self._marks.append(LineMark(start, line_of[field], 0))
            self._length = start + len(text)
            if field == "abstract":
                self.blocks.append(Block(Span(start, self._length), BlockKind.PARAGRAPH))
            else:
                self.blocks = [Block(Span(0, self._length), BlockKind.HEADER)]

    def finish(self, file: SourceFile, doc_id: str, metadata: Metadata, digest: str) -> Document:
        """Return the document.

        Raises:
            DocumentError: If there is no text.
        """
        text = "".join(self._parts)
        if not any(block.kind is not BlockKind.HEADER for block in self.blocks):
            raise DocumentError(doc_id, reason="empty", detail="holds no text")
        info = DocumentInfo(
            doc_id=DocId(doc_id),
            source=file.source,
            title=metadata.title or PurePosixPath(doc_id).name or doc_id,
            metadata=metadata,
            text_sha256=hashlib.sha256(text.encode()).hexdigest(),
            file_sha256=digest,
        )
        return Document(info, text, PositionMap(tuple(self._marks)), tuple(self.blocks))


def read_file(file: SourceFile) -> Iterator[Document | DocumentError]:
    """Yield the documents of ``file`` in order, and an error for each that cannot be read.

    A file of a format that has no reader yields one error; nothing is raised.
    """
    if file.path.is_dir():
        yield DocumentError(
            file.source, reason="unreadable", detail="is a folder that cannot be listed"
        )
        return
    suffix = next((s for s in _READERS if file.source.lower().endswith(s)), None)
    if suffix is None:
        yield DocumentError(
            file.source,
            reason="unsupported",
            detail=f"has a format that is not read; read are {', '.join(_READERS)}",
        )
        return
    try:
        yield from _READERS[suffix](file)
    except DocumentError as error:
        yield error
    except OSError as error:
        yield DocumentError(
            file.source, reason="unreadable", detail=f"cannot be read: {error.strerror or error}"
        )


def _read_text(file: SourceFile) -> tuple[str, str]:
    """Return the text of ``file`` and the SHA-256 of the very bytes it was read from."""
    data = file.path.read_bytes()
    return decode(data, file.source), hashlib.sha256(data).hexdigest()


def _read_plain(file: SourceFile) -> Iterator[Document]:
    text, digest = _read_text(file)
    front, body_start = split_front_matter(text)
    if front is not None:
        # Front matter is a Markdown custom: what follows it is Markdown, whatever the name.
        yield _with_front_matter(file, text, front, body_start, digest)
        return
    blocks, metadata = plain_blocks(text)
    draft = _Draft()
    draft.add(text, blocks, line=1, step=1)
    yield draft.finish(file, file.source, metadata, digest)


def _read_markdown(file: SourceFile) -> Iterator[Document]:
    text, digest = _read_text(file)
    front, body_start = split_front_matter(text)
    if front is not None:
        yield _with_front_matter(file, text, front, body_start, digest)
        return
    draft = _Draft()
    draft.add(text, list(markdown_blocks(text)), line=1, step=1)
    yield draft.finish(file, file.source, Metadata(title=_first_heading(draft.blocks)), digest)


def _with_front_matter(
    file: SourceFile, text: str, front: FrontMatter, body_start: int, digest: str
) -> Document:
    body_fields = [name for name in front.texts if name.lower() in _BODY_FIELDS]
    fields = {name: value for name, value in front.fields.items() if name not in body_fields}
    metadata = read_metadata(fields)
    keys = {name: field_of(name, fields) for name in _STATED}
    lines = {name: front.lines[key] for name, key in keys.items() if key is not None}
    roles = roles_of(fields[keys["authors"]]) if keys["authors"] else {}
    draft = _Draft()
    draft.add_header(header_lines(metadata, roles), lines)
    for name in body_fields:
        written, line = front.texts[name]
        draft.add(written, list(markdown_blocks(written)), line=line, step=1)
    body, body_line = text[body_start:], 1 + text.count("\n", 0, body_start)
    draft.add(body, list(markdown_blocks(body)), line=body_line, step=1)
    metadata = replace(metadata, title=metadata.title or _first_heading(draft.blocks))
    return draft.finish(file, file.source, metadata, digest)


def _first_heading(blocks: Sequence[Block]) -> str | None:
    headings = (b.heading[-1] for b in blocks if b.kind is BlockKind.HEADING and b.heading)
    return next(headings, None)


def _read_records(file: SourceFile) -> Iterator[Document | DocumentError]:
    digest = file_sha256(file.path)
    opener = gzip.open if file.source.lower().endswith(".gz") else open
    is_empty = True
    with cast("IO[bytes]", opener(file.path, "rb")) as stream:
        try:
            for number, line in enumerate(stream, 1):
                if not line.strip():
                    continue
                is_empty = False
                try:
                    yield _read_record(file, line, number, digest)
                except DocumentError as error:
                    yield error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            yield DocumentError(
                file.source, reason="corrupt", detail=f"is not a whole gzip file: {error}"
            )
            return
    if is_empty:
        yield DocumentError(file.source, reason="empty", detail="holds no record")


def _read_record(file: SourceFile, line: bytes, number: int, digest: str) -> Document:
    where = f"{file.source}:{number}"
    try:
        fields = json_value(json.loads(line))
    except (ValueError, RecursionError) as error:
        raise DocumentError(where, reason="invalid_json", detail=f"is not JSON: {error}") from error
    if not isinstance(fields, dict) or not isinstance(text := fields.pop("text", None), str):
        raise DocumentError(
            where, reason="not_a_record", detail='is not a JSON object with a "text" string'
        )
    doc_id = fields.pop("_id", where)
    if isinstance(doc_id, bool) or not isinstance(doc_id, (str, int)) or not str(doc_id).strip():
        raise DocumentError(where, reason="not_a_record", detail='has an "_id" that is not a name')
    if not text.strip():
        raise DocumentError(where, reason="empty", detail='has a "text" without text')
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    metadata = read_metadata(fields)
    draft = _Draft()
    header = header_lines(metadata, {})
    draft.add_header(header, {field: number for field, _ in header})
    draft.add(text, plain_blocks(text)[0], line=number, step=0)
    return draft.finish(file, str(doc_id), metadata, digest)


_Reader = Callable[[SourceFile], Iterator[Document | DocumentError]]
_READERS: dict[str, _Reader] = {
    ".txt": _read_plain,
    ".text": _read_plain,
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".jsonl": _read_records,
    ".jsonl.gz": _read_records,
}
SUFFIXES = tuple(_READERS)
"""File name endings that have a reader."""
