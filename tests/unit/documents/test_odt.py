"""OpenDocument texts are read as LibreOffice shows them."""

import contextlib
import io

import odfdo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.documents.blocks import assert_blocks_cover
from tests.unit.documents.outlines import PARTS, Part, assert_reads_as
from tests.unit.documents.packing import Change, changed, damages, packed

from briefqa.datatypes import BlockKind, Document, PositionUnit
from briefqa.documents.files import SourceBytes
from briefqa.documents.odt import read_odt
from briefqa.errors import DocumentError

_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{path}:1.0"'
    for name, path in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("style", "style"),
        ("draw", "drawing"),
        ("meta", "meta"),
    )
)


def _read(data: bytes) -> Document:
    return read_odt(SourceBytes("brief.odt", data))


def _odt(body: str, *, styles: str = "", outline: str = "", **members: str) -> bytes:
    """Return an ODT file with that body, automatic styles and outline of headings."""
    return packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"<office:document-content {_NAMES}><office:automatic-styles>{styles}"
            f"</office:automatic-styles><office:body><office:text>{body}</office:text>"
            "</office:body></office:document-content>",
            "styles.xml": f"<office:document-styles {_NAMES}><office:styles>{outline}"
            "</office:styles></office:document-styles>",
            **members,
        }
    )


def _texts(document: Document) -> list[str]:
    return [block.span.of(document.text) for block in document.blocks]


def _p(text: str, style: str = "") -> str:
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def _h(text: str, level: int = 1) -> str:
    return f'<text:h text:outline-level="{level}">{text}</text:h>'


def _written(parts: list[Part]) -> bytes:
    document = odfdo.Document("text")
    body = document.body
    body.clear()
    for part in parts:
        match part.kind:
            case "heading":
                body.append(odfdo.Header(part.level, part.text))
            case "paragraph":
                body.append(odfdo.Paragraph(part.text))
            case "item" | "number":
                body.append(odfdo.List([part.text]))
            case _:
                table = odfdo.Table("T", width=len(part.rows[0]), height=len(part.rows))
                for y, texts in enumerate(part.rows):
                    for x, text in enumerate(texts):
                        if text:
                            table.set_value((x, y), text)
                body.append(table)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


@settings(max_examples=40)  # the writer takes its time
@given(PARTS)
def test_what_odfdo_writes_reads_as_it_was_meant(parts: list[Part]) -> None:
    """An independent writer: same words, order, headings and paragraph numbers."""
    document = _read(_written(parts))

    assert document.position_map.unit is PositionUnit.PARAGRAPH
    assert_reads_as(document, parts)


_RICH = _written(
    [
        Part("heading", "Costs", 1),
        Part("paragraph", "The plan costs five million."),
        Part("item", "first"),
        Part("table", rows=[["a", "b"], ["c", "d"]]),
    ]
)


@given(damages())
def test_damaged_files_give_documents_or_errors(damage: Change) -> None:
    """Copies break on the way, and one must not stop the folder it lies in."""
    with contextlib.suppress(DocumentError):
        _read(damage(_RICH))


@given(st.sampled_from(["content.xml", "styles.xml", "meta.xml"]), damages())
def test_damage_inside_gives_documents_or_errors(name: str, damage: Change) -> None:
    """What passes every checksum may still be made by a broken program."""
    with contextlib.suppress(DocumentError):
        document = _read(changed(_RICH, name, damage))
        assert_blocks_cover(document.text, document.blocks)


def test_properties_become_metadata() -> None:
    """Questions about authors and dates are answered from them."""
    meta = (
        f'<office:document-meta {_NAMES} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta>'
        "<dc:title>Energy</dc:title><meta:initial-creator>Jane Doe</meta:initial-creator>"
        "<dc:creator>John Roe</dc:creator>"
        "<meta:creation-date>2024-03-05T10:00:00.123</meta:creation-date>"
        "<dc:date>2024-04-01T09:00:00</dc:date><meta:keyword>heat</meta:keyword>"
        "<meta:keyword>power</meta:keyword><dc:language>en-GB</dc:language>"
        "</office:meta></office:document-meta>"
    )

    document = _read(_odt(_p("Text."), **{"meta.xml": meta}))

    metadata = document.info.metadata
    assert (metadata.title, metadata.authors, metadata.published) == (
        "Energy",
        ("Jane Doe",),
        "2024-03-05",
    )
    assert (metadata.tags, metadata.language) == (("heat", "power"), "en-GB")
    assert metadata.extra["modified"] == "2024-04-01"


def test_a_heading_style_may_want_no_number() -> None:
    """Prefaces are headings that the count of chapters leaves out."""
    styles = '<style:style style:name="P1" style:family="paragraph" style:list-style-name=""/>'
    outline = (
        "<text:outline-style>"
        '<text:outline-level-style text:level="1" style:num-format="1"/></text:outline-style>'
    )
    body = '<text:h text:style-name="P1" text:outline-level="1">Preface</text:h>' + _h("Scope")

    assert _texts(_read(_odt(body, styles=styles, outline=outline))) == ["Preface", "1 Scope"]


def test_the_title_is_above_all_headings() -> None:
    """LibreOffice marks it by a style, mostly under a name made on the way."""
    styles = (
        '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Title"/>'
    )

    document = _read(_odt(_p("The title", "P1") + _h("One") + _p("Text."), styles=styles))

    assert document.info.title == "The title"
    assert document.blocks[-1].heading == ("The title", "One")


def test_blanks_breaks_and_spans_are_text() -> None:
    """Spaces are elements in this format."""
    body = _p(
        'a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d <text:span>e</text:span>'
        "<text:a>f</text:a><text:bookmark/>g<text:page-number>3</text:page-number>"
    )

    assert _texts(_read(_odt(body))) == ["a b c d efg3"]


def test_what_is_deleted_hidden_or_remarked_is_left_out() -> None:
    """Only what a reader of the page sees can be cited."""
    styles = (
        '<style:style style:name="T1" style:family="text">'
        '<style:text-properties text:display="none"/></style:style>'
        '<style:style style:name="P9" style:family="paragraph">'
        '<style:text-properties text:display="none"/></style:style>'
    )
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion>"
        + _p("gone")
        + "</text:deletion></text:changed-region></text:tracked-changes>"
        + _p(
            'Seen<text:change/><text:span text:style-name="T1">secret</text:span> too'
            "<office:annotation>" + _p("a remark") + "</office:annotation>."
        )
        + _p("secret", "P9")
        + '<text:section text:display="none">'
        + _p("secret")
        + "</text:section>"
        + "<text:section>"
        + _p("Part.")
        + "</text:section>"
        + "<text:table-of-content><text:index-body>"
        + _p("Part 1")
        + "</text:index-body></text:table-of-content>"
    )

    assert _texts(_read(_odt(body, styles=styles))) == ["Seen too.", "Part."]


def test_lists_and_headings_are_counted() -> None:
    """The number of a clause is what people quote, and the file does not hold it."""
    styles = (
        '<text:list-style style:name="L1">'
        '<text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>'
        '<text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")" '
        'text:display-levels="2"/></text:list-style>'
    )
    outline = (
        '<text:outline-style><text:outline-level-style text:level="1" style:num-format="1"/>'
        '<text:outline-level-style text:level="2" style:num-format="1" text:display-levels="2"/>'
        "</text:outline-style>"
    )

    def item(text: str, inner: str = "") -> str:
        return f"<text:list-item>{_p(text)}{inner}</text:list-item>"

    body = (
        _h("Scope")
        + _h("Terms", 2)
        + '<text:list text:style-name="L1">'
        + item("one", f"<text:list>{item('in')}{item('out')}</text:list>")
        + item("two")
        + "</text:list>"
        + '<text:list text:style-name="L1" text:continue-numbering="true">'
        + item("three")
        + "</text:list>"
        + '<text:list text:style-name="L1">'
        + item("again")
        + "</text:list>"
        + f"<text:list>{item('bullet')}</text:list>"
        + _h("End")
    )

    document = _read(_odt(body, styles=styles, outline=outline))

    assert _texts(document) == [
        "1 Scope",
        "1.1 Terms",
        "1. one",
        "1.a) in",
        "1.b) out",
        "2. two",
        "3. three",
        "1. again",
        "- bullet",
        "2 End",
    ]
    assert document.blocks[2].heading == ("1 Scope", "1.1 Terms")
    assert document.blocks[2].kind is BlockKind.LIST_ITEM


def test_tables_stay_rows_and_merged_cells_are_said_once() -> None:
    """A figure means nothing without the rest of its row."""
    cell = "<table:table-cell>{}</table:table-cell>".format
    covered = "<table:covered-table-cell/>"
    body = (
        "<table:table><table:table-header-rows><table:table-row>"
        '<table:table-cell table:number-rows-spanned="2">' + _p("tall") + "</table:table-cell>"
        '<table:table-cell table:number-columns-spanned="2">'
        + _p("wide")
        + "</table:table-cell>"
        + covered
        + "</table:table-row></table:table-header-rows><table:table-row>"
        + covered
        + cell(_p("1"))
        + cell(_p("2"))
        + "</table:table-row></table:table>"
        + f"<table:table><table:table-row>{cell(_h('Box') + _p('Found.'))}</table:table-row>"
        "</table:table>"
    )

    document = _read(_odt(body))

    assert _texts(document) == ["tall | wide\n| 1 | 2", "Box", "Found."]
    at = document.text.index("1 | 2")
    assert document.position_map.number_at(document.text, at) == 2


def test_notes_and_boxes_follow_and_lead_back() -> None:
    """A note's place is that of the sentence that refers to it."""
    note = (
        '<text:note text:note-class="{}"><text:note-citation>1</text:note-citation>'
        "<text:note-body>{}</text:note-body></text:note>"
    )
    body = (
        _p("First" + note.format("footnote", _p("See the annex.")) + ".")
        + _p("Second.<draw:frame><draw:text-box>" + _p("Boxed.") + "</draw:text-box></draw:frame>")
        + _p("Third" + note.format("endnote", _p("At the end.")) + ".")
    )

    document = _read(_odt(body))

    assert _texts(document) == [
        "First.",
        "Second.",
        "Boxed.",
        "Third.",
        "Footnote 1: See the annex.",
        "Endnote 1: At the end.",
    ]
    places = [document.position_map.number_at(document.text, b.span.start) for b in document.blocks]
    assert places == [1, 2, 3, 4, 1, 4]


def test_a_formula_shows_its_text() -> None:
    """LibreOffice keeps each in a file of its own within the archive."""
    math = (
        '<math xmlns="http://www.w3.org/1998/Math/MathML"><semantics><mi>E</mi>'
        '<annotation encoding="StarMath 5.0">E = m c^2</annotation></semantics></math>'
    )
    body = _p(
        'Energy: <draw:frame><draw:object xlink:href="./Object 1" '
        'xmlns:xlink="http://www.w3.org/1999/xlink"/></draw:frame>'
    )

    document = _read(_odt(body, **{"Object 1/content.xml": math}))

    assert _texts(document) == ["Energy: E = m c^2"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (packed({"a.txt": "x"}), "corrupt"),
        (_odt(""), "empty"),
        (_odt(_p("<draw:frame><draw:image/></draw:frame>")), "no_text"),
        (
            _odt(_p("x"), **{"META-INF/manifest.xml": "<a><manifest:encryption-data/></a>"}),
            "encrypted",
        ),
        (b"no archive", "corrupt"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    """A person has to know what to do."""
    with pytest.raises(DocumentError) as caught:
        _read(data)

    assert caught.value.reason == reason


def test_attacks_in_a_part_are_refused() -> None:
    """Its parts are XML, and so are the attacks on it."""
    attack = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:secret">]>'

    for name in ("content.xml", "styles.xml"):
        with pytest.raises(DocumentError) as caught:
            _read(changed(_odt(_p("x")), name, lambda data: attack + data))
        assert caught.value.reason == "unsafe"
