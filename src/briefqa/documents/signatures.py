"""What the bytes of a file are, told from the bytes alone."""

import json
import zipfile
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import IO

from briefqa.documents.decoding import is_text, sample_text


class Format(StrEnum):
    """A format that has a reader; the value is how a person calls it."""

    PLAIN = "plain text"
    MARKDOWN = "Markdown"
    JSONL = "JSONL"
    CSV = "CSV"
    HTML = "HTML"
    PDF = "PDF"
    DOCX = "DOCX"
    ODT = "ODT"
    RTF = "RTF"
    EPUB = "EPUB"
    OTHER = "another format"
    """One that the extra `all-formats` reads."""


@dataclass(frozen=True, slots=True)
class Content:
    """What bytes are: a format that is read, or the name of a thing that is not.

    ``name`` is a noun with its article. ``format`` is missing for text too, as
    its kind (Markdown, CSV, prose) shows in the name of the file alone.
    ``media_type`` is given for what the extra reads.
    """

    name: str
    format: Format | None = None
    is_text: bool = False
    media_type: str | None = None


SAMPLE_BYTES = 1 << 16
TEXT = Content("plain text", is_text=True)
XML = Content("an XML file", is_text=True)
LFS_POINTER = Content("a Git LFS pointer, not the file it stands for")
LOCKED_OFFICE = Content("an Office file locked with a password")
ZEROS = Content("nothing but zero bytes")
UNKNOWN = Content("data of no known kind")
ZIP = Content("a zip archive")
BROKEN_ZIP = Content("a broken zip archive")
GZIPPED_TEXT = Content("a gzip archive of text")
BROKEN_GZIP = Content("a broken gzip archive")
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_LFS_OPENING = b"version https://git-lfs.github.com/spec/"
_PDF_WITHIN = 1024
_LONGEST_MEDIA_TYPE = 100
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,
    LookupError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
)

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (0, b"II*\0", "a TIFF image"),
    (0, b"MM\0*", "a TIFF image"),
    (8, b"WEBP", "a WebP image"),
    (0, b"BM", "a bitmap image"),
    (0, b"\0\0\1\0", "an icon"),
    (0, b"8BPS", "a Photoshop image"),
    (0, b"AT&TFORM", "a DjVu file"),
    (4, b"ftypheic", "a HEIC image"),
    (4, b"ftypavif", "an AVIF image"),
    (4, b"ftyp", "an MP4 recording"),
    (8, b"WAVE", "a sound recording"),
    (8, b"AVI ", "a video"),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (0, b"ID3", "a sound recording"),
    (0, b"\xff\xfb", "a sound recording"),
    (0, b"OggS", "a sound recording"),
    (0, b"fLaC", "a sound recording"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"\xcf\xfa\xed\xfe", "a program"),
    (0, b"\xca\xfe\xba\xbe", "a program"),
    (0, b"\0asm", "a program"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"\xfd7zXZ\0", "an xz archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"SQLite format 3\0", "a SQLite database"),
    (0, b"PAR1", "a Parquet table"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (60, b"BOOKMOBI", "a Kindle book"),
    (0, b"wOF", "a font"),
    (0, b"\0\1\0\0\0", "a font"),
    (0, b"OTTO", "a font"),
)
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE2_STREAMS: tuple[tuple[str, Content], ...] = (
    ("EncryptedPackage", LOCKED_OFFICE),
    (
        "WordDocument",
        Content("an old Word document", Format.OTHER, media_type="application/msword"),
    ),
    (
        "PowerPoint Document",
        Content("an old PowerPoint file", Format.OTHER, media_type="application/vnd.ms-powerpoint"),
    ),
    (
        "Workbook",
        Content("an old Excel workbook", Format.OTHER, media_type="application/vnd.ms-excel"),
    ),
    (
        "__properties_version1.0",
        Content("an Outlook message", Format.OTHER, media_type="application/vnd.ms-outlook"),
    ),
)
_OF_MEDIA_TYPE = {
    "application/epub+zip": Content("an EPUB book", Format.EPUB),
    f"{_OPEN_DOCUMENT}text": Content("an ODT document", Format.ODT),
    f"{_OPEN_DOCUMENT}text-template": Content("an ODT document", Format.ODT),
    f"{_OPEN_DOCUMENT}spreadsheet": Content(
        "an OpenDocument spreadsheet", Format.OTHER, media_type=f"{_OPEN_DOCUMENT}spreadsheet"
    ),
    f"{_OPEN_DOCUMENT}presentation": Content(
        "an OpenDocument presentation", Format.OTHER, media_type=f"{_OPEN_DOCUMENT}presentation"
    ),
}
_OF_MEMBER: tuple[tuple[str, Content], ...] = (
    ("word/document", Content("a DOCX document", Format.DOCX)),
    ("META-INF/container.xml", Content("an EPUB book", Format.EPUB)),
    (
        "xl/workbook",
        Content("an Excel workbook", Format.OTHER, media_type=f"{_OFFICE}spreadsheetml.sheet"),
    ),
    (
        "ppt/presentation",
        Content(
            "a PowerPoint file",
            Format.OTHER,
            media_type=f"{_OFFICE}presentationml.presentation",
        ),
    ),
)


def content_of(stream: IO[bytes]) -> Content:
    """Return what the bytes of ``stream`` are; it must be seekable, and is left anywhere.

    Raises:
        OSError: If the bytes cannot be read.
    """
    stream.seek(0)
    sample = stream.read(SAMPLE_BYTES)
    opening = sample.removeprefix(b"\xef\xbb\xbf").lstrip()
    if opening.startswith(b"%PDF-"):
        return Content("a PDF", Format.PDF)
    if opening.startswith(rb"{\rtf"):
        return Content("an RTF document", Format.RTF)
    if sample.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_content(stream, sample)
    if sample.startswith(b"\x1f\x8b"):
        return _gzip_content(sample)
    if sample.startswith(_OLE2):
        return _ole2_content(stream)
    return _text_content(sample) if is_text(sample) else _binary_content(sample)


def _text_content(sample: bytes) -> Content:
    if sample.startswith(_LFS_OPENING):
        return LFS_POINTER
    text = sample_text(sample)
    opening = _opening_tag(text)
    if opening.startswith(("<!doctype html", "<html", "<head", "<body")):
        return Content("an HTML page", Format.HTML, is_text=True)
    return XML if text.startswith("<?xml") else TEXT


def _opening_tag(text: str) -> str:
    """Return the first characters, in lower case, after what may stand before an HTML page."""
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        for start, end in (("<!--", "-->"), ("<?xml", "?>")):
            if text.startswith(start, at):
                found = text.find(end, at + len(start))
                at = len(text) if found < 0 else found + len(end)
                break
        else:
            return text[at : at + 20].lower()


def _binary_content(sample: bytes) -> Content:
    # Some programs write a few bytes of their own before the PDF begins.
    if b"%PDF-" in sample[:_PDF_WITHIN]:
        return Content("a PDF", Format.PDF)
    for offset, signature, name in _SIGNATURES:
        if sample.startswith(signature, offset):
            return Content(name)
    return ZEROS if not sample.strip(b"\0") else UNKNOWN


def _zip_content(stream: IO[bytes], sample: bytes) -> Content:
    try:
        with zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
            if "mimetype" in names:
                with archive.open("mimetype") as member:
                    stated = member.read(_LONGEST_MEDIA_TYPE).decode("ascii", "replace").strip()
                if stated in _OF_MEDIA_TYPE:
                    return _OF_MEDIA_TYPE[stated]
    except _ZIP_ERRORS:
        names = _names_in_part(sample)
        if not names:
            return BROKEN_ZIP
        known = _of_members(names)
        return BROKEN_ZIP if known is ZIP else known
    return _of_members(names)


def _of_members(names: list[str]) -> Content:
    for start, content in _OF_MEMBER:
        if any(name.startswith(start) for name in names):
            return content
    return ZIP


def _names_in_part(sample: bytes) -> list[str]:
    """Return the names that the local headers in ``sample`` give, where the list is lost."""
    names: list[str] = []
    at = sample.find(b"PK\x03\x04")
    while at >= 0 and at + 30 <= len(sample):
        length = int.from_bytes(sample[at + 26 : at + 28], "little")
        names.append(sample[at + 30 : at + 30 + length].decode("utf-8", "replace"))
        at = sample.find(b"PK\x03\x04", at + 30)
    return names


def _gzip_content(sample: bytes) -> Content:
    try:
        inner = zlib.decompressobj(wbits=31).decompress(sample, SAMPLE_BYTES)
    except zlib.error:
        return BROKEN_GZIP
    if not is_text(inner):
        return Content("a gzip archive")
    first = next((line for line in inner.splitlines() if line.strip()), b"")
    return (
        Content("gzipped JSONL", Format.JSONL)
        if first.lstrip(b"\xef\xbb\xbf \t").startswith(b"{") and _may_be_json(first)
        else GZIPPED_TEXT
    )


def _may_be_json(line: bytes) -> bool:
    if len(line) >= SAMPLE_BYTES // 2:
        return True  # Too long to tell from a sample.
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _ole2_content(stream: IO[bytes]) -> Content:
    stream.seek(0)
    found: set[str] = set()
    kept = b""
    while part := stream.read(1 << 20):
        window = kept + part
        found |= {name for name, _ in _OLE2_STREAMS if name.encode("utf-16-le") in window}
        kept = window[-100:]
    known = (content for name, content in _OLE2_STREAMS if name in found)
    return next(known, Content("an old Office file"))
