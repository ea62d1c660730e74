"""What rows of the catalogue say: documents, chunks and outlines."""

import json
from collections.abc import Sequence
from typing import Any

from briefqa.datatypes import Chunk, DocumentInfo, Metadata, Outline, Span

INFO = (
    "SELECT doc_id, source, title, metadata, text_sha256, file_sha256, notices,"
    " position_unit, position_marks, text_start, text_bytes FROM documents"
)
CHUNK = (
    'SELECT chunk_id, chunks.doc_id, start, "end", heading, prefix, sentences,'
    " chunks.text_start, chunks.text_bytes FROM chunks"
)
OUTLINE = 'SELECT chunk_id, doc_id, start, "end", prefix, sentences FROM chunks'

# Any, because the schema, not Python, types what SQLite returns.
Row = Sequence[Any]


def info_of(row: Row) -> DocumentInfo:
    """Return what a row of `INFO` says."""
    doc_id, source, title, metadata, text_sha256, file_sha256, notices = row[:7]
    fields = json.loads(metadata)
    for name in ("authors", "tags"):
        fields[name] = tuple(fields[name])
    return DocumentInfo(
        doc_id=doc_id,
        source=source,
        title=title,
        metadata=Metadata(**fields),
        text_sha256=text_sha256,
        file_sha256=file_sha256,
        notices=tuple(json.loads(notices)),
    )


def chunk_of(row: Row, text: bytearray) -> Chunk:
    """Return what a row of `CHUNK` says, with its text in UTF-8."""
    chunk_id, doc_id, start, end, heading, prefix, sentences, *_ = row
    return Chunk(
        chunk_id=chunk_id,
        doc_id=doc_id,
        span=Span(start, end),
        text=text.decode(),
        heading=tuple(json.loads(heading)),
        prefix=prefix,
        sentences=tuple([Span(first, last) for first, last in json.loads(sentences)]),
    )


def outlines_of(rows: Sequence[Row]) -> list[Outline]:
    """Return what rows of `OUTLINE` say."""
    # Read as one text: a question asks for some hundred.
    each = json.loads(f"[{','.join(row[-1] for row in rows)}]")
    return [
        Outline.of(
            chunk_id, doc_id, Span(start, end), prefix, [start, *[first for first, _ in spans[1:]]]
        )
        for (chunk_id, doc_id, start, end, prefix, _), spans in zip(rows, each, strict=True)
    ]
