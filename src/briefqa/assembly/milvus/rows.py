"""Documents and chunks as rows of the two collections, and back."""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from briefqa.backends.milvus.layout import (
    CHUNK_ID,
    DAY,
    DOCUMENT,
    FIELD,
    IS_NUMBER,
    MONTH,
    NO_WORDS,
    NUMBER,
    POSITION,
    RECORD,
    TEXT,
    TOKENS,
    VECTOR,
    WORDS,
    YEAR,
    pieces,
    record,
    records,
)
from briefqa.backends.milvus.server import Row
from briefqa.datatypes import (
    Chunk,
    ChunkId,
    DocId,
    Document,
    DocumentInfo,
    Mark,
    Metadata,
    PositionMap,
    PositionUnit,
    Span,
)
from briefqa.indexing.fields import field_rows
from briefqa.indexing.token_runs import ChunkTokens
from briefqa.protocols import Vectors

INFO, BODY, STATED, TERM = "document", "text", "field", "term"
HEAD, COUNTS, FREQUENCIES, UPLOAD = "head", "counts", "frequencies", "upload"
"""Kinds of records."""

MOST_TEXT = 60_000
"""Longest value of a field that one row holds, in bytes; a longer one takes several rows."""

# A condition's value has 1000 characters; folded, one may become 18 of two bytes each.
_OVERLAP = 36_000
_YEAR_DIGITS, _MONTH_DIGITS = 4, 7


@dataclass(frozen=True, slots=True)
class Placed:
    """A document without its text, and where its chunks are."""

    info: DocumentInfo
    position_map: PositionMap
    number: int
    first_chunk: int
    chunks: int


def document_rows(
    document: Document, number: int, first_chunk: int, chunks: int
) -> Iterator[dict[str, object]]:
    """Yield the records of a document: what is known of it, its text, and its fields."""
    info = document.info
    known = {
        "doc_id": info.doc_id,
        "source": info.source,
        "title": info.title,
        "metadata": asdict(info.metadata),
        "text_sha256": info.text_sha256,
        "file_sha256": info.file_sha256,
        "notices": info.notices,
        "unit": document.position_map.unit.value,
        "marks": [[m.start, m.number, m.step] for m in document.position_map.marks],
        "number": number,
        "first_chunk": first_chunk,
        "chunks": chunks,
    }
    yield from records(INFO, info.doc_id, json.dumps(known), **{DOCUMENT: number})
    yield from records(BODY, str(number), document.text, **{DOCUMENT: number})
    for place, (field, text, _, as_number, date) in enumerate(field_rows(info, number)):
        if len(field.encode()) > MOST_TEXT:
            continue  # No condition can name it.
        for part, value in enumerate(overlapping(text)):
            yield record(
                STATED,
                f"{number}:{place}:{part}",
                **{
                    DOCUMENT: number,
                    FIELD: field,
                    TEXT: value,
                    IS_NUMBER: as_number is not None,
                    NUMBER: as_number or 0.0,
                    **date_columns(date),
                },
            )


def overlapping(text: str) -> list[str]:
    """Return ``text`` in parts that a row holds; whatever a condition looks for is in one."""
    if len(text.encode()) <= MOST_TEXT:
        return [text]
    # In characters of four bytes at most.
    size, step = MOST_TEXT // 4, (MOST_TEXT - _OVERLAP) // 4
    return [text[at : at + size] for at in range(0, len(text), step)]


def date_columns(date: str | None) -> dict[str, int]:
    """Return year, month and day of an ISO date as numbers in its order, 0 where not known."""
    if date is None:
        return {}
    digits = date.replace("-", "")
    known = {YEAR: int(digits[:4])}
    if len(date) >= _MONTH_DIGITS:
        known[MONTH] = int(digits[:6])
    if len(date) > _MONTH_DIGITS:
        known[DAY] = int(digits)
    return known


def placed(text: str) -> Placed:
    """Read what `document_rows` wrote of a document.

    Raises:
        ValueError, TypeError, KeyError: If it is something else.
    """
    known = json.loads(text)
    fields = known["metadata"]
    for name in ("authors", "tags"):
        fields[name] = tuple(fields[name])
    info = DocumentInfo(
        doc_id=DocId(known["doc_id"]),
        source=known["source"],
        title=known["title"],
        metadata=Metadata(**fields),
        text_sha256=known["text_sha256"],
        file_sha256=known["file_sha256"],
        notices=tuple(known["notices"]),
    )
    return Placed(
        info=info,
        position_map=PositionMap(
            tuple(Mark(*mark) for mark in known["marks"]), PositionUnit(known["unit"])
        ),
        number=known["number"],
        first_chunk=known["first_chunk"],
        chunks=known["chunks"],
    )


def chunk_row(  # noqa: PLR0913 - all that a chunk comes with
    chunk: Chunk,
    position: int,
    *,
    key: bytes,
    vector: Vectors,
    words: dict[int, float],
    tokens: ChunkTokens | None,
) -> dict[str, object]:
    """Return the row of a chunk."""
    known = {
        "doc_id": chunk.doc_id,
        "start": chunk.span.start,
        "end": chunk.span.end,
        "heading": chunk.heading,
        "prefix": chunk.prefix,
        "sentences": [[s.start, s.end] for s in chunk.sentences],
        "key": key.hex(),
        "text": chunk.text,
    }
    return {
        CHUNK_ID: chunk.chunk_id,
        POSITION: position,
        VECTOR: vector,
        WORDS: words or NO_WORDS,
        RECORD: pieces(json.dumps(known, ensure_ascii=False)),
        TOKENS: pieces(_packed(tokens)) if tokens is not None else [],
    }


def chunk_of(row: Row) -> tuple[Chunk, bytes]:
    """Return the chunk of a row, and its embedding key.

    Raises:
        ValueError, TypeError, KeyError: If it is the row of something else.
    """
    known = json.loads("".join(row[RECORD]))
    chunk = Chunk(
        chunk_id=ChunkId(row[CHUNK_ID]),
        doc_id=DocId(known["doc_id"]),
        span=Span(known["start"], known["end"]),
        text=known["text"],
        heading=tuple(known["heading"]),
        prefix=known["prefix"],
        sentences=tuple(Span(*span) for span in known["sentences"]),
    )
    return chunk, bytes.fromhex(known["key"])


def _packed(tokens: ChunkTokens) -> str:
    count = np.array([len(tokens.ids)], dtype="<i4")
    parts = (count, tokens.ids.astype("<i4"), tokens.starts.astype("<i4"), tokens.codes)
    return base64.b64encode(b"".join(part.tobytes() for part in parts)).decode()


def tokens_of(row: Row, dim: int) -> ChunkTokens:
    """Return the tokens of a chunk's row, whose vectors had width ``dim``.

    Raises:
        ValueError: If it holds none.
    """
    data = base64.b64decode("".join(row[TOKENS]))
    count = int(np.frombuffer(data, dtype="<i4", count=1)[0])
    ids, starts = np.frombuffer(data, dtype="<i4", count=2 * count, offset=4).reshape(2, count)
    codes = np.frombuffer(data, dtype=np.uint8, offset=4 + 8 * count)
    return ChunkTokens(ids, starts, codes.reshape(count, -(-dim // 8)))


def array_rows(kind: str, values: Sequence[int] | np.ndarray) -> Iterator[dict[str, object]]:
    """Yield the records that hold whole numbers."""
    data = np.asarray(values, dtype="<i8").tobytes()
    yield from records(kind, "", base64.b64encode(data).decode())


def array_of(text: str) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Return the numbers that `array_rows` wrote."""
    return np.frombuffer(base64.b64decode(text), dtype="<i8")


def row_bytes(row: dict[str, object]) -> int:
    """Return about how many bytes a row takes on its way."""
    found = 256
    for value in row.values():
        if isinstance(value, str):
            found += 2 * len(value)
        elif isinstance(value, list):
            found += sum(2 * len(each) for each in value if isinstance(each, str))
        elif isinstance(value, (dict, np.ndarray)):
            found += 12 * len(value)
    return found
