"""Reads files of records, a JSON object a line, one by one."""

import gzip
import json
import zlib
from collections.abc import Iterator

from briefqa.datatypes import Document, Mark
from briefqa.documents.draft import Draft
from briefqa.documents.files import SourceStream
from briefqa.documents.metadata import header_lines, read_metadata
from briefqa.documents.plain import plain_blocks
from briefqa.documents.values import json_value
from briefqa.errors import DocumentError

_GZIP = b"\x1f\x8b"
_LONGEST_LINE = 50_000_000


def read_records(file: SourceStream) -> Iterator[Document | DocumentError]:
    """Yield the document of each line of a JSONL file, or what is wrong with it.

    Raises:
        OSError: If the file cannot be read.
    """
    is_empty = True
    try:
        for number, line in enumerate(_lines(file), 1):
            if line is not None and not line.strip():
                continue
            is_empty = False
            try:
                yield _read_record(file, line, number)
            except DocumentError as error:
                yield error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield DocumentError(
            file.source, reason="corrupt", detail=f"is not a whole gzip file: {error}"
        )
        return
    if is_empty:
        yield DocumentError(file.source, reason="empty", detail="holds no record")


def _lines(file: SourceStream) -> Iterator[bytes | None]:
    """Yield the lines, unpacked if need be; None for one that is too long to hold in memory."""
    is_packed = file.stream.peek(2)[:2] == _GZIP
    # gzip gives no more at a time than it is asked for, so that a bomb is never held whole.
    unpacked = gzip.GzipFile(fileobj=file.stream, mode="rb") if is_packed else file.stream
    while line := unpacked.readline(_LONGEST_LINE + 1):
        if len(line) <= _LONGEST_LINE:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = unpacked.readline(_LONGEST_LINE)
        yield None


def _read_record(file: SourceStream, line: bytes | None, number: int) -> Document:
    where = f"{file.source}:{number}"
    if line is None:
        raise DocumentError(
            where,
            reason="too_large",
            detail=f"is a line of more than {_LONGEST_LINE:,} bytes, the most that is read",
        )
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
    draft = Draft()
    header = header_lines(metadata, {})
    draft.add_header(header, {field: number for field, _ in header})
    draft.add(text, plain_blocks(text)[0], [Mark(0, number)])
    return draft.finish(file.source, str(doc_id), metadata, file.sha256)
