"""One file in, its documents out."""

import gzip
import hashlib
import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.documents.blocks import assert_blocks_cover
from tests.unit.documents.conftest import ReadBytes
from tests.unit.strategies import hostile_text, source_text

from briefqa.datatypes import BlockKind, Document
from briefqa.documents import SUFFIXES, SourceFile, read_file
from briefqa.errors import DocumentError

ReadDocument = Callable[..., Document]

_REASONS = {
    "corrupt",
    "empty",
    "encrypted",
    "invalid_json",
    "no_text",
    "not_a_record",
    "not_as_named",
    "not_text",
    "unsafe",
    "unsupported",
}
_STATED_NAMES = ("title", "author", "date", "summary")
_RECORDS = st.lists(
    st.binary(max_size=20)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(("_id", "text", "title", "authors", "x")), inner)
        ),
    ).map(lambda value: json.dumps(value).encode())
    | hostile_text.map(lambda text: json.dumps({"text": text, "title": text}).encode())
    # Half characters pass JSON only as escapes.
    | st.text(st.characters(categories=["Cs"]), max_size=3).map(
        lambda half: json.dumps(
            {"_id": f"a{half}", "text": f"b{half}", "x": [{half: half}]}
        ).encode()
    ),
    max_size=6,
).map(b"\n".join)


def _assert_sound(document: Document) -> None:
    text = document.text
    assert document.info.text_sha256 == hashlib.sha256(text.encode()).hexdigest()
    json.dumps(dict(document.info.metadata.extra), ensure_ascii=False, allow_nan=False).encode()
    (document.info.doc_id + document.info.title).encode()
    assert document.info.title.strip()
    starts = [mark.start for mark in document.position_map.marks]
    assert starts == sorted(starts)
    assert "\r" not in text
    assert_blocks_cover(text, document.blocks)


def _reasons(found: list[Document | DocumentError]) -> list[str]:
    return [found.reason for found in found if isinstance(found, DocumentError)]


@given(st.binary() | source_text.map(str.encode), st.sampled_from(SUFFIXES))
def test_any_bytes_give_documents_or_errors(
    read_bytes: ReadBytes, data: bytes, suffix: str
) -> None:
    """One bad file must not stop the folder it lies in."""
    for found in read_bytes(data, f"file{suffix}"):
        if isinstance(found, Document):
            _assert_sound(found)
        else:
            assert found.reason in _REASONS


@given(_RECORDS, st.sampled_from((".jsonl", ".jsonl.gz")), st.integers(0, 40))
def test_any_records_give_documents_or_errors(
    read_bytes: ReadBytes, data: bytes, suffix: str, cut: int
) -> None:
    """A record of odd types, and an archive cut short, are reported and passed over."""
    packed = gzip.compress(data, mtime=0)[: -cut or None] if suffix.endswith("gz") else data

    for found in read_bytes(packed, f"file{suffix}"):
        if isinstance(found, Document):
            _assert_sound(found)


@given(source_text, st.sampled_from(("a.txt", "a.md")))
def test_a_text_file_is_its_own_canonical_text(read_bytes: ReadBytes, text: str, name: str) -> None:
    """What a receipt quotes must stand in the file as it is, on the line it names."""
    text = "A first line.\n\n" + text * 2
    [found] = read_bytes(text.encode(), name)
    if not isinstance(found, Document):
        assert found.reason == "not_text"
        return

    folded = text.replace("\r\n", "\n").replace("\r", "\n")
    assert found.text == folded
    lines = folded.split("\n")
    offset = 0
    for number, line in enumerate(lines, 1):
        assert found.position_map.number_at(folded, offset) == number
        assert found.position_map.number_at(folded, offset + len(line)) == number
        offset += len(line) + 1


@given(
    st.dictionaries(st.sampled_from((*_STATED_NAMES, "x")), hostile_text, min_size=1),
    st.lists(st.sampled_from(("# H", "words and", "", "  more", "- item")), min_size=1),
    source_text,
    st.sampled_from(("a.md", "a.txt")),
)
def test_positions_lead_through_front_matter_back_to_the_file(
    read_bytes: ReadBytes, fields: dict[str, str], content: list[str], body: str, name: str
) -> None:
    """Header lines stand on their field's line, all other text on its own."""
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    inner = "\n".join(f"  {line}" for line in ["first", *content])
    source = f"---\n{yaml.safe_dump(fields)}content: >-\n{inner}\nend: 1\n---\nBody\n{body}"
    [found] = read_bytes(source.encode(), name)
    if not isinstance(found, Document):
        assert found.reason == "not_text"
        return

    _assert_sound(found)
    source_lines = source.split("\n")
    offset = 0
    for line in found.text.split("\n"):
        if line.strip():
            number = found.position_map.number_at(found.text, offset)
            assert number is not None
            [*_, mark] = (m for m in found.position_map.marks if m.start <= offset)
            if mark.step == 0:
                assert source_lines[number - 1].startswith(_STATED_NAMES)
            else:
                assert source_lines[number - 1].strip(" ") == line.strip(" ")
        offset += len(line) + 1
    assert [b.span.of(found.text) for b in found.blocks if b.kind is BlockKind.PARAGRAPH]


def test_front_matter_is_stated_but_not_repeated(read_document: ReadDocument) -> None:
    """`Who wrote it?` must find its answer, and a search for `draft` not every document."""
    source = (
        "---\ntitle: The brief\nauthors:\n- name: A B\n  role: lead\n- name: C D\n"
        "report_date: 3 March 2025\ndraft: true\nexcerpt: |\n  In\n  short.\ntags: [x, y]\n---\n\n"
        "# One\n\nBody.\n"
    )

    document = read_document(source)

    assert document.text == (
        "Title: The brief\nAuthors: A B (lead), C D\nPublished: 2025-03-03\nIn short."
        "\n\n\n# One\n\nBody.\n"
    )
    lines = [
        document.position_map.number_at(document.text, document.text.index(word))
        for word in ("The brief", "A B", "2025", "short", "# One", "Body")
    ]
    assert lines == [2, 3, 7, 9, 15, 17]
    metadata = document.info.metadata
    assert (metadata.tags, dict(metadata.extra)) == (("x", "y"), {"draft": True})
    assert [block.kind.value for block in document.blocks] == [
        "header",
        "paragraph",
        "heading",
        "paragraph",
    ]


def test_content_inside_front_matter_is_text(read_document: ReadDocument) -> None:
    """Some publishing systems keep a page's whole text there."""
    source = "---\ntitle: T\ncontent: >-\n  ## One\n\n  Words\n  on.\nx: 1\n---\nBody.\n"

    document = read_document(source)

    assert [(b.kind.value, b.heading, b.span.of(document.text)) for b in document.blocks] == [
        ("header", (), "Title: T"),
        ("heading", ("One",), "## One"),
        ("paragraph", ("One",), "Words\non."),
        ("paragraph", (), "Body."),
    ]
    assert document.info.metadata.extra == {"x": 1}
    number_at = document.position_map.number_at
    assert [number_at(document.text, b.span.start) for b in document.blocks] == [2, 4, 6, 10]


@pytest.mark.parametrize(
    ("source", "name", "title"),
    [
        ("---\ntitle: Stated\n---\n# Heading\n\nText.", "f/a.md", "Stated"),
        ("---\nx: 1\n---\n# *Heading*\n\nText.", "f/a.md", "Heading"),
        ("Text.\n\n# Heading\n\nText.", "f/a.md", "Heading"),
        ("Text.", "f/a.md", "a.md"),
        ("A title\n\nText that goes on and on, long enough to be one.", "f/a.txt", "A title"),
        ("---\ntitle: Stated\n---\nText", "f/a.TXT", "Stated"),
        ('{"_id": "f/7", "text": "Text"}', "f/a.jsonl", "7"),
        ('{"_id": "/", "text": "Text"}', "f/a.jsonl", "/"),
        ('{"text": "Text", "title": " T "}', "f/a.jsonl", "T"),
    ],
)
def test_every_document_has_a_title(tmp_path: Path, source: str, name: str, title: str) -> None:
    """A citation names its document; the file's name is the last resort."""
    path = tmp_path / "file"
    path.write_text(source)

    [document] = read_file(SourceFile(path, name))

    assert isinstance(document, Document)
    assert document.info.title == title
    assert document.info.source == name


def test_records_keep_their_id_and_line(read_bytes: ReadBytes) -> None:
    """A record's own id is how a data set refers to it."""
    data = (
        '\ufeff{"_id": "a", "title": "T", "text": "One.\\r\\nTwo.", "year": 2020}\n\n'
        '{"_id": 7, "text": "Three."}\n{"text": "Four."}\n'
    ).encode()

    for name, stored in (("r.jsonl", data), ("r.jsonl.gz", gzip.compress(data, mtime=0))):
        first, second, third = read_bytes(stored, name)

        assert isinstance(first, Document)
        assert isinstance(second, Document)
        assert isinstance(third, Document)
        assert [d.info.doc_id for d in (first, second, third)] == ["a", "7", f"{name}:4"]
        assert first.text == "Title: T\n\nOne.\nTwo."
        assert first.info.metadata.extra == {"year": 2020}
        assert first.position_map.number_at(first.text, first.text.index("Two")) == 1
        assert second.position_map.number_at(second.text, 3) == 3
        assert first.info.file_sha256 == hashlib.sha256(stored).hexdigest()


@pytest.mark.parametrize(
    ("name", "data", "reason", "source"),
    [
        ("a.xyz", b"text", "unsupported", "a.xyz"),
        ("a.txt", b"\xff\xfe\x00", "not_text", "a.txt"),
        ("a.txt", b"", "empty", "a.txt"),
        ("a.md", b"\xef\xbb\xbf \r\n", "empty", "a.md"),
        ("a.md", b"---\ntitle: T\n---\n", "empty", "a.md"),
        ("a.jsonl", b"\n \n", "empty", "a.jsonl"),
        ("a.jsonl.gz", gzip.compress(b"", mtime=0), "empty", "a.jsonl.gz"),
        ("a.jsonl", b'\n{"_id": "x", "text": " "}', "empty", "a.jsonl:2"),
        ("a.jsonl", b'{"text": "a"', "invalid_json", "a.jsonl:1"),
        ("a.jsonl", b'{"text": "\xff"}', "invalid_json", "a.jsonl:1"),
        ("a.jsonl", b"[" * 100_000, "invalid_json", "a.jsonl:1"),
        (
            "a.jsonl",
            b'{"text":"a","x":' + b"[" * 500 + b"]" * 500 + b"}",
            "invalid_json",
            "a.jsonl:1",
        ),
        ("a.jsonl", b'{"text": "a", "x": ' + b"9" * 5000 + b"}", "invalid_json", "a.jsonl:1"),
        ("a.jsonl", b'["text"]', "not_a_record", "a.jsonl:1"),
        ("a.jsonl", b'{"text": 1}', "not_a_record", "a.jsonl:1"),
        ("a.jsonl", b'{"_id": [], "text": "a"}', "not_a_record", "a.jsonl:1"),
        ("a.jsonl", b'{"_id": true, "text": "a"}', "not_a_record", "a.jsonl:1"),
        ("a.jsonl", b'{"_id": " ", "text": "a"}', "not_a_record", "a.jsonl:1"),
        ("a.jsonl.gz", b"\x1f\x8bnot gzip", "corrupt", "a.jsonl.gz"),
    ],
)
def test_what_cannot_be_read_says_why(
    read_bytes: ReadBytes, name: str, data: bytes, reason: str, source: str
) -> None:
    """Whoever keeps the folder must be able to find the file and mend it."""
    [error] = read_bytes(data, name)

    assert isinstance(error, DocumentError)
    assert (error.reason, error.source) == (reason, source)
    assert str(error).startswith(f"{source}: ")


def test_what_an_archive_holds_before_its_damage_is_read(read_bytes: ReadBytes) -> None:
    """A download cut short loses its end, not all of it."""
    records = b"".join(
        b'{"text": "%d %s"}\n' % (n, hashlib.sha256(b"%d" % n).hexdigest().encode())
        for n in range(2000)
    )

    *read, last = read_bytes(gzip.compress(records, mtime=0)[:-3000], "a.jsonl.gz")

    assert len(read) > 100
    assert all(isinstance(found, Document) for found in read)
    assert isinstance(last, DocumentError)
    assert last.reason == "corrupt"


def test_a_bad_record_does_not_hide_the_next(read_bytes: ReadBytes) -> None:
    """Records stand for themselves."""
    found = read_bytes(b'{"text": "a"}\nnope\n{"text": "b"}\n', "a.jsonl")

    assert [type(f) for f in found] == [Document, DocumentError, Document]
    assert _reasons(found) == ["invalid_json"]


@pytest.mark.parametrize("suffix", [".md", ".jsonl", ".jsonl.gz"])
def test_a_file_that_is_gone_or_cannot_be_opened_is_reported(tmp_path: Path, suffix: str) -> None:
    """Files come and go while a folder is read."""
    [gone] = read_file(SourceFile(tmp_path / f"gone{suffix}", f"gone{suffix}"))
    path = tmp_path / f"socket{suffix}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        [unreadable] = read_file(SourceFile(path, f"socket{suffix}"))

    for error in (gone, unreadable):
        assert isinstance(error, DocumentError)
        assert error.reason == "unreadable"
