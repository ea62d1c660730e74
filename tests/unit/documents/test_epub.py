"""Books are read chapter by chapter, as far as they are whole."""

import io
import json
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.documents.blocks import assert_blocks_cover

from briefqa.datatypes import Document, PositionMap
from briefqa.documents.epub import read_epub
from briefqa.documents.files import SourceBytes
from briefqa.errors import DocumentError

_CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>"
)
_XHTML = "application/xhtml+xml"


def _opf(
    names: Mapping[str, str], *, metadata: str = "", guide: str = "", spine: str | None = None
) -> str:
    """Return a package document whose manifest has ``names`` with their properties."""
    items = "".join(
        f'<item id="i{at}" href="{name}" properties="{properties}" media-type="'
        f'{"application/x-dtbncx+xml" if name.endswith("ncx") else _XHTML}"/>'
        for at, (name, properties) in enumerate(names.items())
    )
    refs = "".join(f'<itemref idref="i{at}"/>' for at in range(len(names)))
    return (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:opf="http://www.idpf.org/2007/opf">{metadata}</metadata>'
        f"<manifest>{items}</manifest><spine>{refs if spine is None else spine}</spine>"
        f"<guide>{guide}</guide></package>"
    )


def _chapter(body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" '
        '"http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd"><html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head><body>{body}</body></html>'
    )


def _zip(members: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _book(chapters: Mapping[str, str], opf: str | None = None, **others: str) -> bytes:
    names = dict.fromkeys(chapters, "")
    pages = {f"OPS/{name}": _chapter(body) for name, body in chapters.items()}
    container = {"META-INF/container.xml": _CONTAINER, "OPS/book.opf": opf or _opf(names)}
    return _zip(container | pages | {f"OPS/{name}": text for name, text in others.items()})


def _read(data: bytes) -> Document:
    return read_epub(SourceBytes("book.epub", data))


def _reason(data: bytes) -> str:
    with pytest.raises(DocumentError) as caught:
        _read(data)
    return caught.value.reason


def test_chapters_are_read_in_the_order_of_the_book() -> None:
    """The order of the archive is that of the program which packed it."""
    names = {"b.xhtml": "", "sub/a%20b.xhtml": ""}
    data = _book(
        {"sub/a b.xhtml": "<h1>Two</h1><p>b&nbsp;c</p>", "b.xhtml": "<h1>One</h1><p>a</p>"},
        _opf(names),
    )

    document = _read(data)

    assert document.text == "One\n\na\n\nTwo\n\nb c"
    assert [block.heading for block in document.blocks] == [("One",), ("One",), ("Two",), ("Two",)]
    assert document.position_map == PositionMap(marks=())


def test_a_chapter_without_heading_is_called_as_in_the_table_of_contents() -> None:
    """Many books show their chapter titles as pictures."""
    nav = _chapter(
        '<nav epub:type="landmarks"><a href="a.xhtml">Start</a></nav><nav epub:type="toc"><ol><li>'
        '<a href="a.xhtml#top">Part <i>One</i></a><ol><li><a href="b.xhtml">Chapter 1</a></li></ol>'
        "</li></ol></nav>"
    )
    opf = _opf({"nav.xhtml": "nav", "a.xhtml": "", "b.xhtml": "", "c.xhtml": ""})
    chapters = {"a.xhtml": "<p>a</p>", "b.xhtml": "<p>b</p>", "c.xhtml": "<p>c</p>"}

    document = _read(_book(chapters, opf, **{"nav.xhtml": nav}))

    assert document.text == "Part One\n\na\n\nChapter 1\n\nb\n\nc"
    assert document.blocks[-1].heading == ("Part One", "Chapter 1")


def test_an_older_table_of_contents_names_chapters_as_well() -> None:
    """EPUB 2 books have an NCX, and there are more of them than of any other."""
    ncx = (
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>One'
        '</text></navLabel><content src="a.xhtml#x"/>'
        "<navPoint><navLabel><text>Two</text></navLabel>"
        '<content src="b.xhtml"/></navPoint></navPoint></navMap></ncx>'
    )
    opf = _opf({"toc.ncx": "", "a.xhtml": "", "b.xhtml": ""})

    document = _read(_book({"a.xhtml": "<p>a</p>", "b.xhtml": "<p>b</p>"}, opf, **{"toc.ncx": ncx}))

    assert document.text == "One\n\na\n\nTwo\n\nb"
    assert document.blocks[-1].heading == ("One", "Two")


def test_the_cover_and_tables_of_contents_are_no_chapters() -> None:
    """They name everything, and would be found for every question."""
    guide = '<reference type="cover" href="cover.xhtml"/>'
    chapters = {
        "cover.xhtml": "<p>Cover text</p>",
        "list.xhtml": "<h2>Contents</h2><p><a href='a.xhtml'>One</a> <a href='b.xhtml'>Two</a></p>",
        "a.xhtml": "<p>See <a href='b.xhtml'>the next</a>.</p>",
        "b.xhtml": "<p>b</p>",
    }

    document = _read(_book(chapters, _opf(dict.fromkeys(chapters, ""), guide=guide)))

    assert document.text == "See the next.\n\nb"


def test_what_surrounds_web_pages_is_text_in_a_book() -> None:
    """No site surrounds a chapter: its footer is its notes."""
    chapter = (
        "<header><p>Motto</p></header><p>Text<a epub:type='noteref' href='#n'>1</a>."
        "<span epub:type='pagebreak'>12</span></p><div class='sidebar'>Box</div>"
        "<aside epub:type='footnote' id='n'>A note.</aside><footer>End</footer>"
        "<nav epub:type='page-list'><a href='#p'>12</a></nav><script>gone</script>"
    )

    assert _read(_book({"a.xhtml": chapter})).text == ("Motto\n\nText.\n\nBox\n\nA note.\n\nEnd")


def test_a_book_states_who_wrote_it_and_when() -> None:
    """Editors and translators are named beside the authors, and are none."""
    metadata = (
        '<dc:title id="t2">A subtitle</dc:title><dc:title id="t1">Compute</dc:title>'
        '<meta refines="#t1" property="title-type">main</meta>'
        '<dc:creator opf:role="aut">Ada Lovelace</dc:creator>'
        '<dc:creator id="e">An Editor</dc:creator><meta refines="#e" property="role">edt</meta>'
        '<dc:date opf:event="modification">2025-01-01</dc:date>'
        "<dc:date>2024-05-07T00:00:00Z</dc:date>"
        "<dc:subject>chips</dc:subject><dc:subject>power</dc:subject><dc:language>en-GB</dc:language>"
        "<dc:identifier>urn:isbn:123</dc:identifier><dc:source>https://x.org/book</dc:source>"
        "<dc:description>&lt;p&gt;Who pays for the chips of &lt;b&gt;all&lt;/b&gt; states."
        "&lt;/p&gt;</dc:description>"
    )

    document = _read(_book({"a.xhtml": "<p>Text</p>"}, _opf({"a.xhtml": ""}, metadata=metadata)))

    found = document.info.metadata
    assert (found.title, found.authors, found.published) == (
        "Compute",
        ("Ada Lovelace",),
        "2024-05-07",
    )
    assert (found.tags, found.language) == (("chips", "power"), "en-GB")
    assert (found.source_url, found.extra) == ("https://x.org/book", {"identifier": "urn:isbn:123"})
    assert document.text == (
        "Title: Compute\nAuthor: Ada Lovelace\nPublished: 2024-05-07\n"
        "Who pays for the chips of all states.\n\nText"
    )


def test_missing_and_broken_chapters_are_named_and_cost_only_themselves() -> None:
    """A book of thirty chapters is worth reading without the third."""
    opf = _opf({"a.xhtml": "", "lost.xhtml": "", "b.xhtml": ""}, spine=None).replace(
        "</spine>", '<itemref idref="nothing"/></spine>'
    )
    data = _book({"a.xhtml": "<p>first</p>", "b.xhtml": f"<p>{'second ' * 50}</p>"}, opf)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        at = archive.getinfo("OPS/b.xhtml").header_offset + 60
    broken = data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]

    document = _read(broken)

    assert document.text == "first"
    assert document.info.notices == (
        "its part 'OPS/lost.xhtml' is missing",
        "its part 'OPS/b.xhtml' is broken and was left out",
        "1 entries of its reading order lead to no part",
    )


def _encryption(algorithm: str, uri: str) -> str:
    return (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData '
        'xmlns="http://www.w3.org/2001/04/xmlenc#">'
        f'<EncryptionMethod Algorithm="{algorithm}"/><CipherData><CipherReference URI="{uri}"/>'
        "</CipherData></EncryptedData></encryption>"
    )


def test_a_locked_book_says_so() -> None:
    """Its bytes would read as nonsense, or not at all."""
    pages = {"META-INF/container.xml": _CONTAINER, "OPS/book.opf": _opf({"a.xhtml": ""})}
    pages["OPS/a.xhtml"] = _chapter("<p>Text</p>")
    aes = _encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "OPS/a.xhtml")
    font = _encryption("http://www.idpf.org/2008/embedding", "OPS/font.otf")

    assert _reason(_zip(pages | {"META-INF/encryption.xml": aes})) == "encrypted"
    assert _read(_zip(pages | {"META-INF/encryption.xml": font})).text == "Text"


def test_a_book_that_cannot_be_read_says_why() -> None:
    """The reason tells a person what to do about it."""
    whole = _book({"a.xhtml": "<p>Text</p>"})
    entities = '<!DOCTYPE p [<!ENTITY a "b"><!ENTITY c "&a;&a;">]>' + _opf({"a.xhtml": ""})[21:]

    assert _reason(b"") == "corrupt"
    assert _reason(whole[: len(whole) // 2]) == "corrupt"
    assert _reason(_zip({"a.txt": "x"})) == "corrupt"
    assert _reason(_zip({"META-INF/container.xml": _CONTAINER, "OPS/book.opf": "<x"})) == "corrupt"
    assert _reason(_book({"a.xhtml": ""}, _opf({"lost.xhtml": ""}))) == "corrupt"
    assert _reason(_book({"a.xhtml": "<img src='a.jpg' alt='A'/>"})) == "no_text"
    assert _reason(_book({"a.xhtml": "<p>x</p>"}, entities)) == "unsafe"
    assert _reason(_book({"a.xhtml": "<p>" + " " * 50_000_000})) == "unsafe"


_WHOLE = _book(
    {"a.xhtml": "<h1>One</h1><p>Text &amp; more</p>", "b.xhtml": "<ul><li>x</li></ul>"},
    **{"nav.xhtml": _chapter("<nav><a href='a.xhtml'>One</a></nav>")},
)


@given(st.lists(st.tuples(st.integers(0, len(_WHOLE) - 1), st.integers(1, 255)), max_size=4),
       st.integers(0, len(_WHOLE)))  # fmt: skip
@settings(max_examples=200)
def test_a_damaged_book_gives_a_document_or_a_reason(
    flips: list[tuple[int, int]], end: int
) -> None:
    """Downloads break off, and disks rot."""
    data = bytearray(_WHOLE)
    for at, bits in flips:
        data[at] ^= bits
    for damaged in (bytes(data), bytes(data[:end])):
        try:
            document = _read(damaged)
        except DocumentError:
            continue
        assert_blocks_cover(document.text, document.blocks)


_PARTS = st.sampled_from([
    "<manifest>", "</manifest>", "<item id='a' href='a.xhtml' media-type='text/html'/>", "<spine>",
    "<item id='n' href='../../n' properties='nav'/>", "</spine>", "<itemref idref='a'/>",
    "<item id='t' href='book.opf' media-type='application/x-dtbncx+xml'/>", "<metadata>", "&nbsp;",
    "<dc:title>t</dc:title>", "<dc:date>x</dc:date>", "</metadata>", "<meta refines='#x'/>",
    "<dc:creator id='x'>c</dc:creator>", "<guide><reference type='toc'/></guide>", "<!-- -->",
    "<?pi?>", "<navPoint><navPoint/></navPoint>", "text", "<item/>", "<itemref/>",
])  # fmt: skip


@given(st.lists(_PARTS, max_size=15).map("".join))
def test_any_package_document_gives_a_book_or_a_reason(inside: str) -> None:
    """Books are made by many programs, few of which read the standard."""
    opf = f'<!DOCTYPE package SYSTEM "x"><package xmlns:dc="d">{inside}</package>'
    try:
        document = _read(_book({"a.xhtml": "<p>Text</p>"}, opf))
    except DocumentError as error:
        reason = error.reason
    else:
        assert document.text.endswith("Text")
        return

    assert reason in {"corrupt", "no_text"}


def test_real_books_are_read_whole(shared: Path) -> None:
    """Made by two programs, of both versions of the format."""
    folder = shared / "data" / "files"
    entries = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    found = {
        entry["file"]: (entry, _read((folder / entry["file"]).read_bytes()))
        for entry in entries
        if entry["file"].endswith(".epub")
    }
    assert len(found) == 2

    for entry, document in found.values():
        assert [part for part in entry["must_contain"] if part not in document.text] == []
        assert not document.info.notices
    _, older = found["testEPUB.epub"]
    assert (older.info.title, older.info.metadata.published) == ("An ePub for Tika", "2009-10-07")
    assert "Table of Contents" not in older.text
    assert older.text.endswith("Table header | Table data")
    assert older.blocks[-1].heading == ("Chapter 2", "Subchapter 2.2")


def test_a_book_made_to_hurt_is_read_in_a_moment() -> None:
    """A list of chapters may repeat itself a million times in a small archive."""
    names = {f"a{at}.xhtml": "" for at in range(3_000)} | {f"t{at}.ncx": "" for at in range(3_000)}
    creators = "".join(
        f'<dc:creator id="c{at}">A</dc:creator><meta refines="#c{at}" property="role">aut</meta>'
        for at in range(5_000)
    )
    links = "".join(f"<a href='a{at}.xhtml'><h2>x</h2></a>" for at in range(20))
    opf = _opf(names, metadata=creators, spine="<itemref idref='i1'/>" * 50_000)
    started = time.process_time()

    document = _read(_book({f"a{at}.xhtml": links + "<p>Text" for at in range(3_000)}, opf))

    assert document.text.endswith("Text")
    assert document.info.metadata.authors == ("A",)
    assert time.process_time() - started < 20
