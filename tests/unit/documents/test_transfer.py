"""Documents leave the process that read them as data, and arrive as they were."""

import dataclasses
import hashlib
import json
import pickle
import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.strategies import hostile_text

from briefqa.datatypes import (
    Block,
    BlockKind,
    DocId,
    Document,
    DocumentInfo,
    Mark,
    Metadata,
    PositionMap,
    PositionUnit,
    Span,
)
from briefqa.documents.isolation import transfer
from briefqa.documents.isolation.transfer import TransferError, pack, unpack
from briefqa.errors import DocumentError

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | hostile_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(hostile_text, inner, max_size=3),
    max_leaves=10,
)  # fmt: skip
_texts = st.lists(hostile_text, max_size=3).map(tuple)


@st.composite
def _documents(draw: st.DrawFn) -> Document:
    text = draw(hostile_text)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    blocks = tuple(
        Block(Span(start, end), draw(st.sampled_from(BlockKind)), draw(_texts))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    )
    marks = tuple(
        Mark(start, draw(st.integers(0, 10**6)), draw(st.integers(0, 1))) for start in cuts
    )
    optional = st.none() | hostile_text
    metadata = Metadata(
        draw(optional), draw(_texts), draw(optional), draw(_texts), draw(optional),
        draw(optional), draw(optional), draw(st.dictionaries(hostile_text, _json, max_size=3)),
    )  # fmt: skip
    info = DocumentInfo(
        doc_id=DocId(draw(hostile_text)),
        source="a.md",
        title=draw(hostile_text),
        metadata=metadata,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        file_sha256=hashlib.sha256(b"").hexdigest(),
        notices=draw(_texts),
    )
    return Document(info, text, PositionMap(marks, draw(st.sampled_from(PositionUnit))), blocks)


@given(_documents())
def test_documents_arrive_as_they_were(document: Document) -> None:
    """A receipt made from what arrives must hold for what was read."""
    assert unpack(pack(document), "a.md") == document


@given(hostile_text, hostile_text, hostile_text)
def test_errors_arrive_as_they_were(source: str, reason: str, detail: str) -> None:
    """The line in the report is all that is known of a file that failed."""
    found = unpack(pack(DocumentError(source, reason=reason, detail=detail)), "a.md")

    assert isinstance(found, DocumentError)
    assert (found.source, found.reason, found.detail) == (source, reason, detail)


def test_half_a_character_in_an_error_is_replaced() -> None:
    """A message may quote a file's name, or text that JSON had escaped."""
    found = unpack(pack(DocumentError("a\ud800", reason="x", detail="b\udc00")), "a.md")

    assert str(found).isprintable()
    str(found).encode()


@given(st.binary() | st.binary().map(lambda data: struct.pack(">I", len(data)) + data))
def test_other_bytes_are_refused(data: bytes) -> None:
    """They come from a process that a file may have taken over."""
    with pytest.raises(TransferError):
        unpack(data, "a.md")


@given(_documents(), st.data())
def test_damaged_bytes_give_a_sound_document_or_are_refused(
    document: Document, data: st.DataObject
) -> None:
    """What gets through must hold together, or it fails far from here."""
    packed = bytearray(pack(document))
    for at in data.draw(st.lists(st.integers(0, len(packed) - 1), min_size=1, max_size=3)):
        packed[at] = data.draw(st.integers(0, 255))

    try:
        found = unpack(bytes(packed), "a.md")
    except TransferError:
        return

    assert isinstance(found, Document)
    assert hashlib.sha256(found.text.encode()).hexdigest() == found.info.text_sha256
    spans = [block.span for block in found.blocks]
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert all(span.end <= len(found.text) for span in spans)
    pack(found)


def _changed(**changes: object) -> bytes:
    text = "Some text."
    info = DocumentInfo(
        DocId("a.md"), "a.md", "T", Metadata(), hashlib.sha256(text.encode()).hexdigest(), "0" * 64
    )
    document = Document(
        info, text, PositionMap(), (Block(Span(0, len(text)), BlockKind.PARAGRAPH, ("H",)),)
    )
    packed = pack(document)
    [length] = struct.unpack_from(">I", packed)
    fields = {**json.loads(packed[4 : 4 + length]), **changes}
    written = json.dumps(fields).encode()
    return struct.pack(">I", len(written)) + written + packed[4 + length :]


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "b.md"},
        {"text_sha256": "0" * 64},
        {"file_sha256": "0" * 63},
        {"file_sha256": "0" * 63 + "\n"},
        {"unit": "mile"},
        {"blocks": [0, 11, 2, 0]},
        {"blocks": [4, 4, 2, 0]},
        {"blocks": [0, 5, 2, 0, 3, 8, 2, 0]},
        {"blocks": [0, 5, 2, 1]},
        {"blocks": [0, 5, 99, 0]},
        {"blocks": [0, 5, -1, 0]},
        {"blocks": [0, 5, 2]},
        {"blocks": [0, True, 2, 0]},
        {"blocks": [0, 5.0, 2, 0]},
        {"marks": [5, 1, 0, 3, 2, 0]},
        {"marks": [99, 1, 0]},
        {"marks": [0, 1 << 60, 0]},
        {"notices": "text"},
        {"title": None},
        {"title": "\ud800"},
        {"metadata": {}},
        {"headings": [[1]]},
        {"doc_id": 7},
        {"error": "text"},
    ],
)
def test_fields_that_no_reader_gives_are_refused(changes: dict[str, object]) -> None:
    """Each would be a wrong citation, or an error in another part of the program."""
    unpack(_changed(), "a.md")

    with pytest.raises(TransferError):
        unpack(_changed(**changes), "a.md")


@pytest.mark.parametrize("depth", [60, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    """It would overflow the stack of whoever writes it down."""
    written = b'{"error":' + b"[" * depth + b"]" * depth + b"}"

    with pytest.raises(TransferError):
        unpack(struct.pack(">I", len(written)) + written, "a.md")


def test_pickled_data_is_data() -> None:
    """The usual way between processes runs whatever the sender likes."""
    with pytest.raises(TransferError):
        unpack(pickle.dumps(DocumentError("a", reason="b", detail="c")), "a.md")


def test_a_document_too_large_to_send_becomes_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child says so itself, where the parent would only see a broken rule."""
    monkeypatch.setattr(transfer, "_MOST_TEXT_BYTES", 100)
    text = "word " * 50
    info = DocumentInfo(DocId("a.md"), "a.md", "T", Metadata(), "0" * 64, "0" * 64)

    found = unpack(pack(Document(info, text, PositionMap())), "a.md")

    assert isinstance(found, DocumentError)
    assert found.reason == "too_large"


def test_every_field_of_a_document_is_sent() -> None:
    """A field added later must not get lost on the way without a word."""
    assert [field.name for field in dataclasses.fields(DocumentInfo)] == [
        *("doc_id", "source", "title", "metadata", "text_sha256", "file_sha256", "notices"),
    ]
    assert [field.name for field in dataclasses.fields(Metadata)] == [
        *("title", "authors", "published", "tags", "language", "source_url", "abstract", "extra"),
    ]
    assert [field.name for field in dataclasses.fields(Document)] == [
        *("info", "text", "position_map", "blocks"),
    ]
