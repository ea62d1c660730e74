"""Documents and errors as bytes and back, so that they can leave the process that read them.

The bytes come from a process that a hostile file may have taken over. They are
data and nothing else: whatever they hold, unpacking them gives a document that
is sound in itself or a `TransferError`, and never runs what they say.
"""

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn, TypeVar

from briefqa.datatypes import (
    Block,
    BlockKind,
    DocId,
    Document,
    DocumentInfo,
    JsonValue,
    Mark,
    Metadata,
    PositionMap,
    PositionUnit,
    Span,
)
from briefqa.documents.values import json_value, whole
from briefqa.errors import DocumentError

_LENGTH = struct.Struct(">I")
_MOST_FIELD_BYTES = 32 << 20
_MOST_TEXT_BYTES = 200 << 20
MOST_BYTES = _LENGTH.size + _MOST_FIELD_BYTES + _MOST_TEXT_BYTES
"""The most that one packed document or error may measure."""

_KINDS = tuple(BlockKind)
_MOST_NUMBER = 1 << 53
_HASH_DIGITS = 64

T = TypeVar("T")


class TransferError(ValueError):
    """Bytes that are no packed document and no packed error."""


def pack(found: Document | DocumentError) -> bytes:
    """Return ``found`` as bytes for `unpack`; a document too large for that as an error."""
    if isinstance(found, DocumentError):
        error = {
            "source": whole(found.source),
            "reason": found.reason,
            "detail": whole(found.detail),
        }
        return _joined(_written({"error": error}), b"")
    fields, text = _written(_document_fields(found)), found.text.encode()
    if len(fields) > _MOST_FIELD_BYTES or len(text) > _MOST_TEXT_BYTES:
        return pack(
            DocumentError(
                found.info.source,
                reason="too_large",
                detail=f"gives {len(text):,} bytes of text in {len(found.blocks):,} parts, "
                "more than one document may have; split it",
            )
        )
    return _joined(fields, text)


def unpack(data: bytes, source: str) -> Document | DocumentError:
    """Return what `pack` was given, for the file ``source``.

    Raises:
        TransferError: If no call of `pack` can have returned ``data``, or not
            for a document of that file.
    """
    try:
        fields, text = _parts(data)
        if "error" in fields:
            return _error_of(fields)
        return _document_of(fields, text, source)
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        msg = f"not a packed document: {type(error).__name__}: {error}"
        raise TransferError(msg) from error


def _joined(fields: bytes, text: bytes) -> bytes:
    return b"".join((_LENGTH.pack(len(fields)), fields, text))


def _written(fields: Mapping[str, object]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def _document_fields(document: Document) -> dict[str, object]:
    info, metadata = document.info, document.info.metadata
    headings: dict[tuple[str, ...], int] = {}
    kinds = {kind: number for number, kind in enumerate(_KINDS)}
    blocks: list[int] = []
    for block in document.blocks:
        heading = headings.setdefault(block.heading, len(headings))
        blocks += (block.span.start, block.span.end, kinds[block.kind], heading)
    marks: list[int] = []
    for mark in document.position_map.marks:
        marks += (mark.start, mark.number, mark.step)
    return {
        "doc_id": info.doc_id,
        "source": info.source,
        "title": info.title,
        "metadata": {
            "title": metadata.title,
            "authors": metadata.authors,
            "published": metadata.published,
            "tags": metadata.tags,
            "language": metadata.language,
            "source_url": metadata.source_url,
            "abstract": metadata.abstract,
            "extra": dict(metadata.extra),
        },
        "text_sha256": info.text_sha256,
        "file_sha256": info.file_sha256,
        "notices": info.notices,
        "unit": document.position_map.unit,
        "marks": marks,
        "headings": list(headings),
        "blocks": blocks,
    }


def _parts(data: bytes) -> tuple[dict[str, JsonValue], str]:
    (length,) = _LENGTH.unpack_from(data) if len(data) >= _LENGTH.size else (len(data),)
    end = _LENGTH.size + length
    if end > len(data) or length > _MOST_FIELD_BYTES or len(data) - end > _MOST_TEXT_BYTES:
        _refuse("wrong length")
    written = data[_LENGTH.size : end].decode()
    fields = json.loads(written, parse_constant=_refuse)
    if "\\ud" in written or "\\uD" in written:
        json.dumps(fields, ensure_ascii=False).encode()  # Half a character cannot be stored.
    return _typed(fields, dict), data[end:].decode()


def _error_of(fields: dict[str, JsonValue]) -> DocumentError:
    error = _typed(fields["error"], dict)
    return DocumentError(
        _typed(error["source"], str),
        reason=_typed(error["reason"], str),
        detail=_typed(error["detail"], str),
    )


def _document_of(fields: dict[str, JsonValue], text: str, source: str) -> Document:
    info = DocumentInfo(
        doc_id=DocId(_typed(fields["doc_id"], str)),
        source=_typed(fields["source"], str),
        title=_typed(fields["title"], str),
        metadata=_metadata_of(_typed(fields["metadata"], dict)),
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        file_sha256=_hash(fields["file_sha256"]),
        notices=_strings(fields["notices"]),
    )
    if info.text_sha256 != fields["text_sha256"]:
        _refuse("text does not match its hash")
    if info.source != source:
        _refuse("a document of another file")
    headings = tuple(_strings(path) for path in _typed(fields["headings"], list))
    return Document(
        info,
        text,
        PositionMap(
            tuple(_marks(_numbers(fields["marks"], 3), len(text))),
            PositionUnit(_typed(fields["unit"], str)),
        ),
        tuple(_blocks(_numbers(fields["blocks"], 4), len(text), headings)),
    )


def _metadata_of(fields: dict[str, JsonValue]) -> Metadata:
    extra = json_value(_typed(fields["extra"], dict))
    return Metadata(
        title=_optional(fields["title"]),
        authors=_strings(fields["authors"]),
        published=_optional(fields["published"]),
        tags=_strings(fields["tags"]),
        language=_optional(fields["language"]),
        source_url=_optional(fields["source_url"]),
        abstract=_optional(fields["abstract"]),
        extra=_typed(extra, dict),
    )


def _marks(numbers: Iterator[tuple[int, ...]], length: int) -> Iterator[Mark]:
    before = 0
    for start, number, step in numbers:
        if not before <= start <= length:
            _refuse("marks out of order")
        before = start
        yield Mark(start, number, step)


def _blocks(
    numbers: Iterator[tuple[int, ...]], length: int, headings: Sequence[tuple[str, ...]]
) -> Iterator[Block]:
    covered = 0
    for start, end, kind, heading in numbers:
        if not covered <= start < end <= length:
            _refuse("blocks out of order")
        covered = end
        yield Block(Span(start, end), _KINDS[kind], headings[heading])


def _numbers(value: JsonValue, width: int) -> Iterator[tuple[int, ...]]:
    """Return rows of ``width`` numbers, none of them negative."""
    flat = _typed(value, list)
    if set(map(type, flat)) - {int} or len(flat) % width:
        _refuse("rows of numbers expected")
    if flat and not 0 <= min(flat) <= max(flat) <= _MOST_NUMBER:
        _refuse("a number is out of range")
    each = iter(flat)
    return zip(*[each] * width, strict=True)


def _strings(value: JsonValue) -> tuple[str, ...]:
    return tuple(_typed(item, str) for item in _typed(value, list))


def _optional(value: JsonValue) -> str | None:
    return None if value is None else _typed(value, str)


def _hash(value: JsonValue) -> str:
    text = _typed(value, str)
    if len(text) != _HASH_DIGITS or not set(text) <= set("0123456789abcdef"):
        _refuse("not a SHA-256")
    return text


def _typed(value: object, kind: type[T]) -> T:
    """Return ``value`` if it is of exactly this type: a bool is no int here."""
    if type(value) is not kind:
        _refuse(f"{kind.__name__} expected, got {type(value).__name__}")
    return value


def _refuse(detail: str) -> NoReturn:
    raise ValueError(detail)
