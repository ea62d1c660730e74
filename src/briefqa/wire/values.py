"""What any record becomes in JSON, and where a span is found."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from urllib.parse import quote

from briefqa.datatypes import (
    DocumentInfo,
    IndexInfo,
    JsonValue,
    Place,
    PositionUnit,
    Span,
)

WireObject = dict[str, JsonValue]


def record_to_wire(record: object) -> WireObject:
    """Return a record as an object with the same fields, its numbers to six places."""
    if not is_dataclass(record):
        msg = f"{type(record).__name__} is no record"
        raise TypeError(msg)
    return {each.name: _value(getattr(record, each.name)) for each in fields(record)}


def _value(value: object) -> JsonValue:
    match value:
        case None | bool() | int():
            return value
        case float():
            return round(value, 6)
        case str():
            # An enum too, whose name is its value.
            return str(value)
        case Mapping():
            return {str(name): _value(each) for name, each in value.items()}
        case tuple():
            return [_value(each) for each in value]
        case _:
            return record_to_wire(value)


def href_to(document: DocumentInfo, span: Span) -> str:
    """Return where a span of a document can be opened, relative to the service."""
    return f"/documents/{quote(document.doc_id, safe='/')}#chars={span.start}-{span.end}"


def where_found(document: DocumentInfo, place: Place, span: Span) -> WireObject:
    """Return the fields that say where a span stands, and which text it is a part of."""
    return {
        "doc_id": document.doc_id,
        "source": document.source,
        "title": document.title,
        "authors": list(document.metadata.authors),
        "published": document.metadata.published,
        "source_url": document.metadata.source_url,
        "heading": list(place.heading),
        **{unit.value: place.number if unit is place.unit else None for unit in PositionUnit},
        "start": span.start,
        "end": span.end,
        "text_sha256": document.text_sha256,
        "file_sha256": document.file_sha256,
        "href": href_to(document, span),
    }


def index_to_wire(info: IndexInfo) -> WireObject:
    """Return which index a result came from."""
    return {"generation": info.generation, "documents": info.documents, "chunks": info.chunks}
