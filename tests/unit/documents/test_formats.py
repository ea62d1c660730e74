"""What a file is shows in its bytes; its name chooses among kinds of text only."""

import gzip
import struct
import zipfile
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.documents.formats import SUFFIXES, Format, content_for
from briefqa.errors import DocumentError


def _zip(*names: str, mimetype: str | None = None) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        if mimetype is not None:
            archive.writestr("mimetype", mimetype)
        for name in names:
            archive.writestr(name, "<x/>" * 50)
    return packed.getvalue()


def _png() -> bytes:
    def part(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(b"\0\0"))


_DOCX = _zip("[Content_Types].xml", "word/document.xml")
_EPUB = _zip("META-INF/container.xml", mimetype="application/epub+zip")
_ODT = _zip("content.xml", mimetype="application/vnd.oasis.opendocument.text")
_PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
_RTF = rb"{\rtf1\ansi Some text}"
_HTML = b"<!DOCTYPE html><html><body><p>Some text</p></body></html>"
_JSONL_GZ = gzip.compress(b'{"text": "Some text"}\n', mtime=0)
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
_LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"


def _ole2(stream: str) -> bytes:
    return _OLE2 + bytes(2000) + stream.encode("utf-16-le") + bytes(2000)


def _format(name: str, data: bytes) -> Format:
    return content_for(name, BytesIO(data))[0]


def _refusal(name: str, data: bytes) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        content_for(name, BytesIO(data))
    assert caught.value.source == name
    return caught.value


_KNOWN = [
    (_PDF, Format.PDF),
    (b"\r\n" + _PDF, Format.PDF),
    (b"\x00junk of a mail program\x01" + _PDF, Format.PDF),
    (_RTF, Format.RTF),
    (_DOCX, Format.DOCX),
    (_EPUB, Format.EPUB),
    (_zip("META-INF/container.xml", "a.xhtml"), Format.EPUB),
    (_ODT, Format.ODT),
    (_JSONL_GZ, Format.JSONL),
    (_HTML, Format.HTML),
    (b"\xef\xbb\xbf \n<?xml version='1.0'?>\n<!-- <a> -->\n<HTML xmlns='x'>", Format.HTML),
    ("<!doctype HTML>".encode("utf-16"), Format.HTML),
]


@pytest.mark.parametrize(("data", "expected"), _KNOWN)
@pytest.mark.parametrize("name", [f"a{suffix}" for suffix in SUFFIXES] + ["a", "A.LOG"])
def test_bytes_that_say_what_they_are_are_believed(
    name: str, data: bytes, expected: Format
) -> None:
    """A PDF that somebody called a text is a PDF still."""
    assert _format(name, data) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.txt", Format.PLAIN),
        ("a.MD", Format.MARKDOWN),
        ("a.markdown", Format.MARKDOWN),
        ("a.csv", Format.CSV),
        ("a.tsv", Format.CSV),
        ("a.jsonl", Format.JSONL),
        ("a.ndjson", Format.JSONL),
        ("a.jsonl.gz", Format.JSONL),
        ("a.html", Format.HTML),
        ("README", Format.PLAIN),
        ("notes.org", Format.PLAIN),
        ("a.rst", Format.PLAIN),
        ("a.tex", Format.PLAIN),
        ("a.adoc", Format.PLAIN),
        ("a.log", Format.PLAIN),
        ("Minutes v1.2 final", Format.PLAIN),
        ("Brief 2024.11", Format.PLAIN),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "utf-16-le"])
def test_the_name_chooses_the_kind_of_text(name: str, expected: Format, encoding: str) -> None:
    """Markdown, a table and prose are all just characters."""
    assert _format(name, "Größe, und Maß\n".encode(encoding)) is expected


@pytest.mark.parametrize(
    ("name", "data", "reason", "words"),
    [
        ("a.pdf", b"Not found", "not_as_named", "says PDF in its name, but is plain text"),
        ("a.docx", b"Not found", "not_as_named", "error page"),
        ("a.pdf", _png(), "not_as_named", "a PNG image"),
        ("a.txt", _png(), "not_as_named", "a PNG image"),
        ("a.docx", _zip("photo.txt"), "not_as_named", "a zip archive"),
        ("a.pdf", _LFS, "not_as_named", "git lfs pull"),
        ("a.md", _LFS, "not_as_named", "git lfs pull"),
        ("a.txt", bytes(5000), "not_text", "zero bytes"),
        ("a.md", bytes(range(256)) * 20, "not_text", "no known kind"),
        ("a.png", _png(), "unsupported", "a PNG image"),
        ("a.bin", bytes(range(256)) * 20, "unsupported", "no known kind"),
        ("a.zip", _zip("a.txt"), "unsupported", "a zip archive"),
        ("a.gz", gzip.compress(b"Some text", mtime=0), "unsupported", "a gzip archive"),
        ("a.py", b"print()", "unsupported", "a .py file"),
        ("a.json", b"{}", "unsupported", "a .json file"),
        ("a.xml", b"<?xml version='1.0'?><a/>", "unsupported", "a .xml file"),
        ("a.css", b"a {}", "unsupported", "a .css file"),
        ("a.yaml", b"a: b", "unsupported", "a .yaml file"),
        ("a.vue", b"<html>", "unsupported", "a .vue file"),
        ("a.docx", _ole2("EncryptedPackage"), "encrypted", "password"),
        *((f"a{suffix}", b"", "empty", "no bytes") for suffix in (*SUFFIXES, ".png", "")),
    ],
)
def test_what_is_not_read_is_called_by_its_name(
    name: str, data: bytes, reason: str, words: str
) -> None:
    """Whoever keeps the folder must see at a glance what to do about the file."""
    error = _refusal(name, data)

    assert error.reason == reason
    assert words in error.detail


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [
        (_ole2("WordDocument"), "an old Word document", "application/msword"),
        (_ole2("Workbook"), "an old Excel workbook", "application/vnd.ms-excel"),
        (
            _zip("[Content_Types].xml", "xl/workbook.xml"),
            "an Excel workbook",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (
            _zip("[Content_Types].xml", "ppt/presentation.xml"),
            "a PowerPoint file",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ),
    ],
)
@pytest.mark.parametrize("suffix", [".doc", ".docx", ".x", ""])
def test_office_files_of_other_kinds_are_told_apart(
    data: bytes, name: str, media_type: str, suffix: str
) -> None:
    """The extra reads them, and must be told what they are."""
    form, content = content_for(f"a{suffix}", BytesIO(data))

    assert (form, content.name, content.media_type) == (Format.OTHER, name, media_type)


@pytest.mark.parametrize(
    ("whole", "suffix", "expected"),
    [
        (_DOCX, ".docx", Format.DOCX),
        (_ODT, ".odt", Format.ODT),
        (_EPUB, ".epub", Format.EPUB),
        (_JSONL_GZ, ".jsonl.gz", Format.JSONL),
    ],
)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_file_cut_short_goes_to_the_reader_that_can_say_so(
    whole: bytes, suffix: str, expected: Format, part: float
) -> None:
    """A broken download is a broken DOCX to a person, not some zip archive."""
    cut = whole[: max(12, int(part * len(whole)))]

    assert _format(f"a{suffix}", cut) is expected


@given(st.binary(max_size=3000), st.sampled_from([*SUFFIXES, "", ".xyz", ".png"]))
def test_any_bytes_have_a_format_or_a_reason(data: bytes, suffix: str) -> None:
    """Telling what a file is comes before all else, and must not fail itself."""
    reasons = {"empty", "not_as_named", "not_text", "unsupported", "encrypted"}
    try:
        form, content = content_for(f"a{suffix}", BytesIO(data))
    except DocumentError as error:
        assert error.reason in reasons  # noqa: PT017 - either outcome is right
    else:
        assert form in Format
        assert content.name


@given(st.sampled_from([_DOCX, _EPUB, _ODT, _JSONL_GZ, _ole2("Workbook")]), st.data())
def test_damaged_archives_have_a_format_or_a_reason(whole: bytes, data: st.DataObject) -> None:
    """The library that opens zip archives raises a dozen kinds of error."""
    damaged = bytearray(whole)
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=4)):
        damaged[at] = data.draw(st.integers(0, 255))

    try:
        form, _ = content_for("a.docx", BytesIO(bytes(damaged)))
    except DocumentError as error:
        assert error.reason in {"not_as_named", "encrypted"}  # noqa: PT017 - either is right
    else:
        assert form in Format
