"""Web pages are read as a person sees them."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.unit.documents.blocks import assert_blocks_cover
from tests.unit.documents.web_pages import PROSE, page, shown

from briefqa.datatypes import BlockKind, Document, PositionMap
from briefqa.documents.files import SourceBytes
from briefqa.documents.html import page_text, read_html
from briefqa.errors import DocumentError

_PIECES = (
    "<div>", "</div>", "<p>", "</p>", "<ul><li>", "</li>", "</ul>", "<ol type=a start=3>", "<li>",
    "<table>", "<tr>", "<td>", "<td colspan=3 rowspan=2>", "<th>", "<caption>", "</td>", "</tr>",
    "</table>", "<h1>", "</h1>", "<h3>", "<pre>", "</pre>", "<dl>", "<dt>", "<dd>", "</dl>", "<br>",
    "<b>", "</b>", "<a href='#x'>", "</a>", "<sup>", "</sup>", "<script>", "</script>", "<style>",
    "</style>", "<template>", "</template>", "<svg>", "</svg>", "<math alttext='x'>", "</math>",
    "<nav>", "</nav>", "<main>", "</main>", "<article>", "</article>", "<aside>", "<footer>",
    "<select><option>", "<textarea>", "</textarea>", "<!--", "-->", "<![CDATA[", "]]>", "<q>",
    "<div hidden>", "<p style='display:none'>", "<p class='share-links'>", "&nbsp;", "&#xd800;",
    "&lt;", "&", "<", ">", "one", "two three", "[1]", "\n", "  ", "<title>t</title>", "<frameset>",
    "<meta name=author content='A; B'>", "<time datetime=2025-01-01>", "<ruby>a<rt>b", "<button>",
    '<script type="application/ld+json">{"@type": "Article", "author": [{"@id": 1}]}</script>',
    "<?xml version='1.0'?>", "<p/>", "<html lang=en>", "<body>", "<form>", "</form>", "\0", "\x85",
)  # fmt: skip


def _around(before: str, after: str) -> Callable[[list[str]], str]:
    return lambda parts: f"{before}{' '.join(parts)}{after}"


def _unseen(before: str, after: str) -> Callable[[list[str]], str]:
    return lambda parts: f"{before}{' '.join(parts).replace('seen', 'gone')}{after}"


_WORD = st.just("seen-word")
_INLINE = st.recursive(
    _WORD,
    lambda inner: st.one_of(
        [
            st.lists(inner, min_size=1, max_size=3).map(_around(f"<{tag}>", f"</{tag}>"))
            for tag in ("b", "span", "em", "code", "a href=x", "q", "sup", "font size=2")
        ]
    ),
    max_leaves=4,
)
_RAW_UNSEEN = st.sampled_from([
    "<script>gone-word</script>", "<style>gone-word</style>", "<noscript>gone-word</noscript>",
    "<textarea>gone-word</textarea>", "<!-- gone-word -->", "<svg><text>gone-word</text></svg>",
    "<select><option>gone-word</option></select>", "<template><p>gone-word</p></template>",
    "<iframe>gone-word</iframe>", "<input value=gone-word>", "<img alt=gone-word>",
    "<canvas>gone-word</canvas>",
])  # fmt: skip
_LEAVES = st.one_of(_INLINE, _RAW_UNSEEN)
_FLOWING = [
    ("<div>", "</div>"), ("<section>", "</section>"), ("<blockquote>", "</blockquote>"),
    ("<ul><li>", "</li></ul>"), ("<ol><li>", "</li></ol>"), ("<figure>", "</figure>"),
    ("<dl><dt>seen-word</dt><dd>", "</dd></dl>"), ("<details>", "</details>"),
    ("<table><tr><td>seen-word</td><td>", "</td></tr></table>"),
    ("<table><caption>seen-word</caption><tr><th>", "</th></tr></table>"),
    ("<table><tr><td>", "</td></tr></table>"), ("<form>", "</form>"), ("<fieldset>", "</fieldset>"),
]  # fmt: skip
_HIDING = [
    ("<div hidden>", "</div>"), ("<div aria-hidden=true>", "</div>"), ("<dialog>", "</dialog>"),
    ("<div style='color: red; display: none'>", "</div>"), ("<ul class='x hid'><li>", "</li></ul>"),
    ("<section style='visibility:hidden'>", "</section>"), ("<div id=gone>", "</div>"),
    ("<p class=sr-only>", "</p>"), ("<nav>", "</nav>"), ("<div role=navigation>", "</div>"),
    ("<div class=cookie-banner>", "</div>"), ("<div id=breadcrumbs>", "</div>"),
]  # fmt: skip


def _deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        *(several.map(_around(*tags)) for tags in _FLOWING),
        *(
            st.lists(_LEAVES, min_size=1, max_size=3).map(_around(f"<{tag}>", f"</{tag}>"))
            for tag in ("p", "h2", "h4", "pre")
        ),
        *(several.map(_unseen(*tags)) for tags in _HIDING if not tags[0].startswith("<p")),
        st.lists(_INLINE, min_size=1).map(_unseen("<p class=sr-only>", "</p>")),
    )


_PAGES = st.lists(st.recursive(_LEAVES, _deeper, max_leaves=25), min_size=1, max_size=4)
_SHEET = "<style>/* gone */ .hid, #gone { color: red; display: none } p.b { display: none }</style>"


@given(_PAGES.map(" ".join))
@settings(max_examples=300)
def test_every_word_a_person_sees_is_there_in_order_and_no_other(html: str) -> None:
    """Text that is lost cannot be found; text that nobody sees can deceive."""
    numbers = iter(range(1000))
    html = re.sub("(?:seen|gone)-word", lambda found: f"{found[0]}{next(numbers)}", html)
    seen = re.findall(r"seen-word\d+", html)
    assume(seen)

    # A navigation that holds much of a page's prose would be kept, so let there be more of it.
    text = page(f"{html}<p>{PROSE * 200}</p>", head=_SHEET).text

    assert re.findall(r"(?:seen|gone)-word\d+", text) == seen


@given(st.lists(st.sampled_from(_PIECES), max_size=60).map("".join))
@settings(max_examples=400)
def test_any_tag_soup_gives_a_sound_document_or_a_reason(html: str) -> None:
    """Pages are written by hand, by machines and by attackers; one must not stop the others."""
    file = SourceBytes("page.html", html.encode())
    try:
        document = read_html(file)
    except DocumentError as error:
        reason = error.reason
    else:
        assert_blocks_cover(document.text, document.blocks)
        assert document == read_html(file)
        assert document.text.encode()
        return

    assert reason in {"empty", "no_text", "not_text"}


@given(st.sampled_from([b"", b"<meta charset=", b"<?xml version='1.0' encoding='"]), st.binary())
def test_any_bytes_give_a_document_or_a_reason(start: bytes, data: bytes) -> None:
    """A name that ends in .html promises nothing."""
    reason = None
    try:
        read_html(SourceBytes("page.html", start + data))
    except DocumentError as error:
        reason = error.reason

    assert reason in {None, "empty", "no_text", "not_text"}


def test_a_page_has_headings_but_no_numbered_places() -> None:
    """A web page has no pages or lines that a person could count."""
    document = page("<h1>Compute</h1><p>First.<h2>Access</h2><p>Second.")

    assert document.position_map == PositionMap(marks=())
    assert document.position_map.number_at(document.text, 3) is None
    assert [block.heading for block in document.blocks if block.kind is BlockKind.PARAGRAPH] == [
        ("Compute",),
        ("Compute", "Access"),
    ]


def test_what_a_page_states_of_itself_opens_its_text() -> None:
    """Questions about authors and dates are answered with a quote, so the text must hold them."""
    head = (
        "<title>Compute access | Institute</title><meta property=og:title content='Compute access'>"
        "<meta name=author content='Ada Lovelace'><meta name=date content=2025-03-03>"
    )

    document = page("<p>Some text.", head=head)

    assert document.text == (
        "Title: Compute access\nAuthor: Ada Lovelace\nPublished: 2025-03-03\n\nSome text."
    )
    assert document.info.title == "Compute access"


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("<meta charset=windows-1251>", "cp1251"),
        ("<meta http-equiv=Content-Type content='text/html; charset=Shift_JIS'>", "cp932"),
        ("<meta charset=iso-8859-2>", "iso-8859-2"),
        ("<?xml version='1.0' encoding='koi8-r'?>", "koi8-r"),
        ("<meta charset=iso-2022-jp>", "iso-2022-jp"),
        ("<meta charset=windows-1251>", "utf-8"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
    ],
)
def test_a_page_is_read_in_the_encoding_it_is_in(declared: str, encoding: str) -> None:
    """A page of another alphabet is nothing but signs when it is read in the wrong encoding."""
    words = {"cp932": "政策の主権", "iso-2022-jp": "政策の主権", "iso-8859-2": "Dvořák žluťoučký"}
    text = words.get(encoding, "Суверенитет данных")

    document = read_html(SourceBytes("page.html", f"{declared}<p>{text}".encode(encoding)))

    assert document.text == text


def test_one_wrong_byte_does_not_garble_a_page() -> None:
    """Pages are put together from parts of other encodings; the rest should still be readable."""
    good = "<meta charset=utf-8><p>" + "Café société déjà naïve. " * 20
    data = good.encode() + b"caf\xe9"

    text = page_text(data, "page.html")

    assert text == good + "caf\ufffd"


@pytest.mark.parametrize("label", ["utf-7", "punycode", "unicode_escape", "rot13", "hex", "idna"])
def test_a_page_cannot_choose_an_encoding_that_is_none(label: str) -> None:
    """Python calls things encodings that run for minutes, or make markup of text."""
    data = f"<meta charset={label}><p>+ADw-script+AD4- caf\xe9 cr\xe8me br\xfbl\xe9e".encode(
        "cp1252"
    )

    assert "+ADw-script+AD4- café" in page_text(data, "page.html")


def test_xhtml_is_read_as_it_is_meant() -> None:
    """Read as HTML, an element that closes itself would swallow the rest of the page."""
    head = '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY x "y">]><head><title/><script src="x"/>'
    body = '<div id="a"/><p>One&#160;<a id="b"/>two</p><br/><p><![CDATA[3 < 4 & 5]]></p>'
    xhtml = f"{head}</head><body>{body}</body>"

    document = read_html(SourceBytes("page.xhtml", xhtml.encode()))

    assert document.text == "One two\n\n3 < 4 & 5"


def test_a_page_that_scripts_would_fill_says_so() -> None:
    """The person can do something about it: save the page from the browser."""
    with pytest.raises(DocumentError, match="save it from there") as caught:
        page("<div id=root></div><script src=app.js></script><noscript>Turn it on</noscript>")

    assert caught.value.reason == "no_text"


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000 + "deep",
        "<div>x" * 50_000 + "deep" + "</div>" * 50_000,
        "<ul><li>a" * 30_000 + "<li>deep",
        "<table><tr><td>a<td>" * 30_000 + "deep",
        "<p>" + "".join(f"<b id={i}>" for i in range(3_000)) + "</p>" + "<p>x</p>" * 5_000 + "deep",
        "<sup>" * 30_000 + "deep",
        "<p " + " ".join(f"a{i}=b" for i in range(60_000)) + ">deep",
        "<h1><div>" * 20_000 + "deep",
        "<br> <br>" * 50_000 + "deep",
        "<table>" + "<tr><td rowspan=9999 colspan=50>ab<td>c" * 10_000 + "<tr><td>deep",
        "<style>" + "/*{" * 50_000 + "</style>deep",
        "<script type=application/ld+json>" + "[" * 90_000 + "]" * 90_000 + "</script>deep",
        "<?xml?>" + "<![CDATA[" * 30_000 + "]]>" + "<a b='" * 30_000 + "'/>deep",
        "&lt;&notit;&#xd800;&#1114112;" * 20_000 + "deep",
        "<?xml?>" + "<!DOCTYPE [" * 50_000 + "]><p>deep",
        "<i rel=author><div><h1 class=x>y" * 10_000 + "deep",
        f"<meta name=citation_author content='{'x' * 5_000}'>" * 500 + "deep",
    ],
)
def test_markup_made_to_hurt_is_read_in_a_moment(html: str) -> None:
    """The HTML standard lets a page of some kilobytes ask for hours of work or all memory."""
    started = time.process_time()

    document = read_html(SourceBytes("page.html", html.encode()))

    assert document.text.endswith("deep")
    assert len(document.text) < 3 * len(html)
    assert time.process_time() - started < 20


def test_real_pages_read_as_a_person_would_like_them(shared: Path) -> None:
    """Wikipedia and two pages of the nineties show what is made up above is not enough."""
    folder = shared / "data" / "files"
    entries = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    found: dict[str, Document] = {}
    for entry in entries:
        if entry["file"].endswith(".html"):
            data = (folder / entry["file"]).read_bytes()
            found[entry["file"]] = document = read_html(SourceBytes(entry["file"], data))
            text = document.text
            assert [part for part in entry["must_contain"] if part not in text] == []
            assert [part for part in entry.get("must_not_contain", ()) if part in text] == []

    flag = found["flag_day.html"]
    assert flag.info.title == "National Flag of Canada Day"
    assert "\nObserved by | Canada\nDate | February 15\n" in flag.text
    assert "on that date in 1965. The day" in flag.text
    assert ("National Flag of Canada Day", "History", "Background") in {
        block.heading for block in flag.blocks
    }
    assert not re.search(r"\[edit\]|Jump to|Privacy policy|Categories:|\[\d\]", flag.text)
    ideas = found["ideas-page.html"]
    assert ideas.info.metadata.published == "2023-01"
    assert "\n\nKnowledge grows fractally. From a distance" in ideas.text
    steel = found["example-steelJIS-datasheet.html"]
    assert "C | Si | Mn | P | S | Cr | Mo\n0.39 - 0.46 | 0.2 - 0.35 | 0.65 - 1.1" in steel.text


def test_the_spaces_between_words_are_those_a_person_sees() -> None:
    """Words that run together are found by nobody."""
    body = (
        "<p>foo<b>bar</b> <i>baz</i>\n<span>qux</span><br>end<wbr>ing soft&shy;ly<p>x<div>y</div>z"
    )

    assert shown(body) == "foobar baz qux ending softly\n\nx\n\ny\n\nz"
