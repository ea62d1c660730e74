"""Files made to hurt whoever reads them hurt nobody."""

import gzip
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from briefqa.datatypes import Document
from briefqa.documents.files import SourceFile
from briefqa.documents.isolation import ReaderProcess
from briefqa.documents.options import ReadingOptions
from briefqa.documents.reading import read_file
from briefqa.errors import DocumentError

_MB = 1_000_000
_SHORT = 10_000
_LONGER = 4
_MOST_TIMES_LONGER = 10
"""Four times the text may take some more than four times as long; squared, it would be sixteen."""

_TOO_FAST_TO_MEASURE_S = 0.2

# fmt: off
_UNITS = (
    "[", "(", "{", "*", "_", "`", "<", "> ", "- ", "# ", "|", "1. ", "[a](", "![", "<!--", "&",
    "\\", "~~~\n", "--- ", "\t", " ", "\n", "a ", "**a", "*a_", "===\n", "[a]: b\n", '"', "\n- a",
    "a: b\n", "A B, ", "Mr. ", "<div>", "<a ", "<table><tr><td>", "<b><i>", "<li>", "<p>", "</p>",
    "\\'", "\\u1 ?", "{\\b ", "\\par ", "\\cell ", "{\\*\\x ", '","', "x,", '""', "\u0301", "\x1b",
)
# fmt: on
_WRAPPINGS = {
    "plain.md": "{}",
    "front matter.md": "---\n{}\n---\nText.\n",
    "field.md": '---\ntitle: "{}"\n---\nText.\n',
    "heading.md": "# {}\n\nText.\n",
    "plain.txt": "{}",
    "page.html": "<!doctype html><html><body><p>Text</p>{}",
    "tag.html": "<!doctype html><p {}>Text",
    "rich.rtf": "{{\\rtf1\\ansi {}}}",
    "table.csv": "a,b\n{}",
    "records.jsonl": '{{"text": "a", "x": {}',
}


@pytest.fixture(scope="module")
def reader() -> Iterator[ReaderProcess]:
    """One process for all: that it or its successor reads on is the point."""
    with ReaderProcess(ReadingOptions(timeout_s=20, memory_bytes=1_000 * _MB)) as opened:
        yield opened


def _seconds(path: Path, content: bytes) -> float:
    path.write_bytes(content)
    started = time.process_time()
    for _ in read_file(SourceFile(path, path.name)):
        pass
    return time.process_time() - started


@pytest.mark.parametrize("name", _WRAPPINGS)
def test_time_grows_with_the_size_of_a_file_and_not_faster(tmp_path: Path, name: str) -> None:
    """A megabyte of brackets must not keep a processor busy for a week."""
    slow = {}
    for unit in _UNITS:
        if name == "table.csv" and "\n" in unit:
            continue  # Each row is a document, and they take long because they are many.
        few, many = (
            _WRAPPINGS[name].format(unit * (size // len(unit))).encode()
            for size in (_SHORT, _SHORT * _LONGER)
        )
        path = tmp_path / name
        long_s = _seconds(path, many)
        if long_s < _TOO_FAST_TO_MEASURE_S:
            continue
        # A busy machine spoils a measurement; the fastest of some is the truest.
        short_s = min(_seconds(path, few) for _ in range(3))
        long_s = min(long_s, *(_seconds(path, many) for _ in range(2)))
        if long_s > max(_MOST_TIMES_LONGER * short_s, _TOO_FAST_TO_MEASURE_S):
            slow[unit] = (short_s, long_s)

    assert slow == {}


def _zip(members: dict[str, bytes]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


_TYPES = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


def _docx(opening: str, text: str) -> bytes:
    body = f'<w:document xmlns:w="{_WORD}"><w:body>{text}</w:body></w:document>'
    return _zip({"[Content_Types].xml": _TYPES, "word/document.xml": (opening + body).encode()})


def _paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


# Made when needed: together they would fill more memory than the tests may.
_HOSTILE: dict[str, Callable[[], bytes]] = {
    "bomb.docx": lambda: _docx("", _paragraph("a" * 60 * _MB)),
    "bomb.epub": lambda: _zip(
        {"mimetype": b"application/epub+zip", "META-INF/container.xml": bytes(60 * _MB)}
    ),
    "bomb.odt": lambda: _zip(
        {
            "mimetype": b"application/vnd.oasis.opendocument.text",
            "content.xml": b"<a>" + b" " * 60 * _MB,
        }
    ),
    "laughs.docx": lambda: _docx(_LAUGHS, _paragraph("&i;")),
    "deep.docx": lambda: _docx("", "<w:p>" * 100_000),
    "deep.html": lambda: b"<!doctype html><body>" + b"<div>" * 100_000 + b"Some text",
    "deep lists.html": lambda: b"<!doctype html><body>" + b"<ul><li>" * 100_000 + b"Some text",
    "deep.rtf": lambda: b"{\\rtf1 " + b"{" * 2 * _MB,
    "brackets.md": lambda: b"[" * 5 * _MB,
    "stars.md": lambda: b"*" * 5 * _MB,
    "quotes.md": lambda: b"> " * _MB,
    "braces in front.md": lambda: b"---\n" + b"{" * 5 * _MB + b"\n---\nSome text.\n",
    "aliases.md": lambda: (
        b"---\na: &a [x]\n"
        + b"".join(b"b%d: &b%d [*a, *a]\n" % (n, n) for n in range(9))
        + b"---\nSome text.\n"
    ),
    "braces.jsonl": lambda: b"{" * 5 * _MB,
    "long line.jsonl": lambda: b'{"text": "' + b"a" * 60 * _MB,
    "bomb.jsonl.gz": lambda: gzip.compress(b"a" * 100 * _MB, compresslevel=1, mtime=0),
    "quotes.csv": lambda: b'a,b\n"' + b"x" * 3 * _MB,
    "nothing.txt": lambda: bytes(10 * _MB),
    "false.pdf": lambda: b"%PDF-1.7\n" + b"1 0 obj<</Length 99999999>>stream\n" * 1000,
    "half.docx": lambda: _docx("", _paragraph("Some text"))[:200],
}


@pytest.mark.parametrize("name", _HOSTILE)
def test_a_hostile_file_is_read_or_refused_in_bounds(
    reader: ReaderProcess, tmp_path: Path, name: str
) -> None:
    """Each is one line of a report, and the file after it is read."""
    path, harmless = tmp_path / name, tmp_path / "harmless.md"
    path.write_bytes(_HOSTILE[name]())
    harmless.write_text("# A brief\n\nSome text of it.\n")

    found = list(reader.read(SourceFile(path, name)))
    [after] = reader.read(SourceFile(harmless, "harmless.md"))

    assert 1 <= len(found) <= 2
    assert isinstance(after, Document)
    if name.startswith(("bomb", "deep.docx", "laughs", "half", "false")):
        [error] = found
        assert isinstance(error, DocumentError)
        assert error.reason in {"unsafe", "corrupt", "too_large", "invalid_json"}


def test_no_entity_leads_to_another_file(reader: ReaderProcess, tmp_path: Path) -> None:
    """A document must not be able to quote the files of whoever indexes it."""
    path, secret = tmp_path / "a.docx", tmp_path / "secret"
    secret.write_text("the secret words")
    entity = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY i SYSTEM "{secret.as_uri()}">]>'
    path.write_bytes(_docx(entity, _paragraph("Some text &i;") + _paragraph("More")))

    [found] = reader.read(SourceFile(path, "a.docx"))

    assert isinstance(found, DocumentError) or "secret words" not in found.text


def test_a_file_larger_than_the_limit_is_not_read(tmp_path: Path) -> None:
    """A text of a gigabyte must not fill the memory, whatever is left of it."""
    path = tmp_path / "large.txt"
    with path.open("wb") as stream:
        stream.write(b"Some text.\n" * 20_000)
        stream.truncate(1_000 * _MB)  # The rest is a hole: the disk is not filled either.
    options = ReadingOptions(memory_bytes=100 * _MB, most_bytes=50 * _MB)

    with ReaderProcess(options) as reader:
        [found] = reader.read(SourceFile(path, "large.txt"))

    assert isinstance(found, DocumentError)
    assert found.reason == "too_large"


def test_a_record_file_larger_than_memory_is_read(tmp_path: Path) -> None:
    """Records are read one by one, so that their number is no one's concern."""
    path = tmp_path / "a.jsonl"
    line = b'{"text": "' + b"Some words of a record. " * 20_000 + b'"}\n'
    with path.open("wb") as stream:
        for _ in range(120):
            stream.write(line)
    options = ReadingOptions(memory_bytes=50 * _MB, most_bytes=_MB)

    with ReaderProcess(options) as reader:
        found = sum(isinstance(each, Document) for each in reader.read(SourceFile(path, "a.jsonl")))

    assert path.stat().st_size > options.memory_bytes
    assert found == 120


def test_odd_names_are_no_trouble(reader: ReaderProcess, tmp_path: Path) -> None:
    """Linux allows all but a slash and NUL in a name, the escape sequences of a terminal too."""
    for name in (b"line\nbreak.md", b"\x1b[31mred.md", b"caf\xe9.md", b"-rf.md", b"a\\u0041.md"):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
        path.write_text("Some text.")

        [found] = reader.read(SourceFile(path, "given.md"))

        assert isinstance(found, Document)
