"""Word documents are read as Word shows them."""

import contextlib
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.documents.blocks import assert_blocks_cover
from tests.unit.documents.outlines import PARTS, Part, assert_reads_as
from tests.unit.documents.packing import Change, changed, damages, packed

from briefqa.datatypes import BlockKind, Document, PositionUnit
from briefqa.documents.docx import read_docx
from briefqa.documents.files import SourceBytes
from briefqa.errors import DocumentError

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STRICT_W = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"


def _read(data: bytes, source: str = "brief.docx") -> Document:
    return read_docx(SourceBytes(source, data))


def _saved(document: object) -> bytes:
    stream = io.BytesIO()
    document.save(stream)  # type: ignore[attr-defined]
    return stream.getvalue()


def _word(body: str, *, strict: bool = False, **parts: str) -> bytes:
    """Return a Word file with that body, and styles, numbering or notes beside it."""
    kinds = "".join(
        f'<Relationship Id="r{i}" Type="{_OFFICE}/{kind}" Target="{kind}.xml"/>'
        for i, kind in enumerate([*parts, "missing"])
    )
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    members = {
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r" '
        f'Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{relations}">{kinds}'
        "</Relationships>",
        "word/document.xml": f'<w:document xmlns:w="{_W}" xmlns:m="{_MATH}" xmlns:mc="{_MC}">'
        f"<w:body>{body}</w:body></w:document>",
        **{
            f"word/{kind}.xml": f'<w:{kind} xmlns:w="{_W}">{content}</w:{kind}>'
            for kind, content in parts.items()
        },
    }
    if strict:
        members = {
            name: content.replace(_W, _STRICT_W).replace(
                _OFFICE, "http://purl.oclc.org/ooxml/officeDocument/relationships"
            )
            for name, content in members.items()
        }
    return packed(members)


def _p(*runs: str, properties: str = "") -> str:
    inner = "".join(run if run.startswith("<") else f"<w:r><w:t>{run}</w:t></w:r>" for run in runs)
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


def _table(*cells: str) -> str:
    return "<w:tbl><w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in cells) + "</w:tr></w:tbl>"


def _texts(document: Document) -> list[str]:
    return [block.span.of(document.text) for block in document.blocks]


def _written(parts: list[Part]) -> bytes:
    document = docx.Document()
    for part in parts:
        match part.kind:
            case "heading":
                document.add_heading(part.text, part.level)
            case "paragraph":
                document.add_paragraph(part.text)
            case "item":
                document.add_paragraph(part.text, style="List Bullet")
            case "number":
                document.add_paragraph(part.text, style="List Number")
            case _:
                table = document.add_table(len(part.rows), len(part.rows[0]))
                for row, texts in zip(table.rows, part.rows, strict=True):
                    for cell, text in zip(row.cells, texts, strict=True):
                        cell.text = text
    return _saved(document)


@given(PARTS)
def test_what_python_docx_writes_reads_as_it_was_meant(parts: list[Part]) -> None:
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


@given(
    st.sampled_from(["word/document.xml", "word/styles.xml", "word/numbering.xml", "_rels/.rels"]),
    damages(),
)
def test_damage_inside_gives_documents_or_errors(name: str, damage: Change) -> None:
    """What passes every checksum may still be made by a broken program."""
    with contextlib.suppress(DocumentError):
        document = _read(changed(_RICH, name, damage))
        assert_blocks_cover(document.text, document.blocks)


def test_properties_become_metadata() -> None:
    """Questions about authors and dates are answered from them."""
    document = docx.Document()
    document.add_heading("A heading", 1)
    document.add_paragraph("Text.")
    properties = document.core_properties
    properties.title, properties.author = "Energy for all", "Jane Doe; John Roe"
    properties.keywords, properties.subject = "energy, heat; energy", "Policy"
    properties.created, properties.language = datetime(2024, 3, 5, tzinfo=UTC), "en-GB"
    properties.comments = "A remark"

    found = _read(_saved(document))

    metadata = found.info.metadata
    assert (metadata.title, metadata.authors) == ("Energy for all", ("Jane Doe", "John Roe"))
    assert (metadata.published, metadata.tags) == ("2024-03-05", ("energy", "heat"))
    assert metadata.language == "en-GB"
    assert metadata.extra["subject"] == "Policy"
    assert metadata.extra["comments"] == "A remark"
    assert found.text.startswith(
        "Title: Energy for all\nAuthors: Jane Doe, John Roe\nFile created: 2024-03-05\n\n"
    )
    assert found.position_map.number_at(found.text, 0) is None


def test_what_a_program_filled_in_is_no_metadata() -> None:
    """Templates carry a title, an author and a date that say nothing of the document."""
    document = docx.Document()
    document.add_paragraph("Small print.")
    document.add_heading("The real title", 0)
    document.add_paragraph("Text.")

    found = _read(_saved(document))

    assert found.info.title == "The real title"
    assert found.info.metadata.authors == ()
    assert found.info.metadata.published is None
    assert not found.text.startswith("Title:")


def test_insertions_are_in_and_deletions_out() -> None:
    """What was struck out must not be cited, and the last word must be."""
    body = (
        _p(
            "The cost is ",
            "<w:del><w:r><w:delText>four</w:delText></w:r></w:del>",
            "<w:ins><w:r><w:t>five</w:t></w:r></w:ins>",
            "<w:moveFrom><w:r><w:t> away</w:t></w:r></w:moveFrom>",
            "<w:moveTo><w:r><w:t> million</w:t></w:r></w:moveTo>",
        )
        + _p("One ", properties="<w:rPr><w:del/></w:rPr>")
        + _p("line.")
        + "<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc>"
        + _p("gone")
        + "</w:tc><w:tc>"
        + _p("x")
        + "</w:tc></w:tr></w:tbl>"
    )

    assert _texts(_read(_word(body))) == ["The cost is five million", "One line."]


def test_hidden_text_is_left_out() -> None:
    """Instructions hidden in a document are not what its reader sees."""
    styles = (
        '<w:style w:type="character" w:styleId="H"><w:rPr><w:vanish/></w:rPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="P"><w:rPr><w:vanish/></w:rPr></w:style>'
    )
    body = _p(
        "Seen",
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>one</w:t></w:r>",
        '<w:r><w:rPr><w:rStyle w:val="H"/></w:rPr><w:t>two</w:t></w:r>',
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t> too</w:t></w:r>',
    ) + _p("three", properties='<w:pStyle w:val="P"/>')

    assert _texts(_read(_word(body, styles=styles))) == ["Seen too"]


def test_fields_show_their_result() -> None:
    """The code of a field is a program's, not a person's."""
    body = (
        _p(
            "See ",
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
            "<w:r><w:instrText>REF x</w:instrText></w:r>"
            '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>page 4</w:t></w:r>'
            '<w:r><w:fldChar w:fldCharType="end"/></w:r>',
            '<w:fldSimple w:instr="DATE"><w:r><w:t> today</w:t></w:r></w:fldSimple>',
            '<w:hyperlink r:id="x" xmlns:r="urn:r"><w:r><w:t> here</w:t></w:r></w:hyperlink>',
            "<w:sdt><w:sdtPr/><w:sdtContent><w:r><w:t> now</w:t></w:r></w:sdtContent></w:sdt>",
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr>"
            "<w:sdtContent><w:r><w:t>Click me</w:t></w:r></w:sdtContent></w:sdt>",
        )
        + _p('<w:r><w:fldChar w:fldCharType="begin"/></w:r>', "")
        + _p("Never swallowed.")
    )

    assert _texts(_read(_word(body))) == ["See page 4 today here now", "Never swallowed."]


def test_special_characters_and_equations_are_text() -> None:
    """A symbol font's number 0x62 is a beta."""
    body = _p(
        "<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t></w:r>",
        "<w:r><w:noBreakHyphen/><w:t>c</w:t><w:softHyphen/><w:t>d</w:t><w:br/></w:r>",
        '<w:r><w:sym w:font="Symbol" w:char="F062"/></w:r>'
        '<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>',
        "<m:oMath><m:f><m:num><m:r><m:t>x+1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r>"
        "</m:den></m:f><m:sSup><m:e><m:r><m:t>y</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r>"
        "</m:sup></m:sSup></m:oMath>",
    )

    assert _texts(_read(_word(body))) == ["a b-cd β✓(x+1)/2y^2"]


def test_text_boxes_follow_the_paragraph_that_holds_them() -> None:
    """Boxes state key findings, and each is written twice in the file."""
    box = f"<w:txbxContent>{_p('Boxed.')}</w:txbxContent>"
    body = _p(
        "Before.",
        f"<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback><w:pict>{box}"
        "</w:pict></mc:Fallback></mc:AlternateContent></w:r>",
    ) + _p("After.")

    document = _read(_word(body))

    assert _texts(document) == ["Before.", "Boxed.", "After."]
    assert document.position_map.number_at(document.text, document.text.index("After")) == 3


def test_notes_stand_at_the_end_and_lead_back() -> None:
    """A note's place is that of the sentence that refers to it."""
    footnotes = (
        f'<w:footnote w:type="separator" w:id="-1">{_p("---")}</w:footnote>'
        f'<w:footnote w:id="1">{_p("<w:r><w:footnoteRef/></w:r>", "See the annex.")}</w:footnote>'
    )
    styles = '<w:style w:type="paragraph" w:styleId="x"><w:name w:val="heading 1"/></w:style>'
    body = (
        _p("Costs", properties='<w:pStyle w:val="x"/>')
        + _p("Five million.", '<w:r><w:footnoteReference w:id="1"/></w:r>')
        + _p("Last", properties='<w:outlineLvl w:val="0"/>')
        + _p("End.")
    )

    document = _read(_word(body, styles=styles, footnotes=footnotes))

    assert _texts(document)[-1] == "Footnote 1: See the annex."
    note = document.blocks[-1]
    assert note.heading == ("Costs",)
    assert document.position_map.number_at(document.text, note.span.start) == 2


def test_headings_are_told_by_style_and_outline_level() -> None:
    """Word keeps the names of its styles in English; their ids it translates."""
    styles = (
        '<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Own"><w:name w:val="Own"/>'
        '<w:basedOn w:val="berschrift1"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Body"><w:name w:val="heading 2"/>'
        '<w:pPr><w:outlineLvl w:val="9"/></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>'
    )
    body = "".join(
        _p(style, properties=f'<w:pStyle w:val="{style}"/>')
        for style in ("TOC1", "berschrift1", "Own", "Body")
    ) + _p("Deep", properties='<w:outlineLvl w:val="3"/>')

    document = _read(_word(body, styles=styles))

    assert [(b.kind, b.heading) for b in document.blocks] == [
        (BlockKind.HEADING, ("berschrift1",)),
        (BlockKind.HEADING, ("Own",)),
        (BlockKind.PARAGRAPH, ("Own",)),
        (BlockKind.HEADING, ("Own", "Deep")),
    ]


def _numbered(format_: str, pattern: str, *, level: int = 0, start: int = 1) -> str:
    return (
        f'<w:lvl w:ilvl="{level}"><w:start w:val="{start}"/><w:numFmt w:val="{format_}"/>'
        f'<w:lvlText w:val="{pattern}"/></w:lvl>'
    )


def _item(text: str, *, number: int = 1, level: int = 0) -> str:
    return _p(
        text,
        properties=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>',
    )


def test_lists_are_counted_as_word_counts_them() -> None:
    """The number of a clause is what people quote, and the file does not hold it."""
    numbering = (
        '<w:abstractNum w:abstractNumId="0">'
        + _numbered("decimal", "%1.")
        + _numbered("lowerLetter", "%1.%2)", level=1)
        + _numbered("lowerRoman", "(%3)", level=2, start=4)
        + '</w:abstractNum><w:abstractNum w:abstractNumId="1">'
        + _numbered("bullet", "·")
        + "</w:abstractNum>"
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0">'
        '<w:startOverride w:val="7"/></w:lvlOverride></w:num>'
        '<w:num w:numId="3"><w:abstractNumId w:val="1"/></w:num>'
    )
    body = (
        _item("one")
        + _item("a", level=1)
        + _item("b", level=1)
        + _item("iv", level=2)
        + _item("two")
        + _item("again", level=1)
        + _item("seven", number=2)
        + _item("bullet", number=3)
        + _item("none", number=0)
    )

    assert _texts(_read(_word(body, numbering=numbering))) == [
        "1. one",
        "1.a) a",
        "1.b) b",
        "(iv) iv",
        "2. two",
        "2.a) again",
        "7. seven",
        "- bullet",
        "none",
    ]


def test_tables_stay_rows_and_merged_cells_are_said_once() -> None:
    """A figure means nothing without the rest of its row."""
    row = "<w:tr>{}</w:tr>".format
    body = (
        "<w:tbl>"
        + row(
            f'<w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr>{_p("tall")}</w:tc>'
            f'<w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{_p("wide")}{_p("cell")}</w:tc>'
        )
        + row(
            f"<w:tc><w:tcPr><w:vMerge/></w:tcPr>{_p('tall')}</w:tc>"
            f"<w:tc>{_p('1')}</w:tc><w:tc>{_p('2')}</w:tc>"
        )
        + row("<w:tc><w:p/></w:tc><w:tc><w:p/></w:tc><w:tc><w:p/></w:tc>")
        + row(f"<w:tc>{_p('a')}</w:tc><w:tc>{_p('b')}</w:tc><w:tc>{_p('c')}</w:tc>")
        + "</w:tbl>"
        + _p("After.")
    )

    document = _read(_word(body))

    assert _texts(document) == ["tall | wide cell\n| 1 | 2\na | b | c", "After."]
    found = [
        document.position_map.number_at(document.text, document.text.index(word))
        for word in ("tall", "1", "b", "After")
    ]
    assert found == [1, 2, 3, 4]


def test_a_table_that_lays_out_the_page_reads_as_its_paragraphs() -> None:
    """Boxes and columns are often made of tables, and hold headings and lists."""
    body = _table(_p("Key", properties='<w:outlineLvl w:val="0"/>') + _p("Found.")) + _table(
        _p("Left.") + _table(_p("x"), _p("y")), _p("Right.")
    )

    document = _read(_word(body))

    assert _texts(document) == ["Key", "Found.", "Left.", "x | y", "Right."]
    assert document.blocks[1].heading == ("Key",)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(
            b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
            b"application/vnd.ms-word.document.macroEnabled.main+xml",
        ),
        lambda data: data.replace(b"document.main+xml", b"template.main+xml"),
    ],
)
def test_files_with_macros_and_templates_are_read(change: Callable[[bytes], bytes]) -> None:
    """Their text is as good as any; no macro is ever run."""
    assert _texts(_read(changed(_RICH, "[Content_Types].xml", change)))[0] == "Costs"


def test_the_strict_standard_is_read() -> None:
    """Offices that must use it save so, and Word opens it."""
    assert _texts(_read(_word(_p("Strict."), strict=True))) == ["Strict."]


def test_attacks_in_a_part_are_refused() -> None:
    """Word files are zip and XML, and so are the attacks on both."""
    laughs = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:secret">]>'

    for name in ("word/document.xml", "word/styles.xml", "_rels/.rels", "docProps/core.xml"):
        with pytest.raises(DocumentError) as caught:
            _read(changed(_RICH, name, lambda data: laughs + data[data.index(b"?>") + 2 :]))
        assert caught.value.reason == "unsafe"


def test_a_file_without_text_says_so() -> None:
    """Scans are pasted into Word files too."""
    with pytest.raises(DocumentError) as caught:
        _read(_word(_p("<w:r><w:drawing><a:blip xmlns:a='urn:a'/></w:drawing></w:r>")))
    assert caught.value.reason == "no_text"

    with pytest.raises(DocumentError) as caught:
        _read(_word(_p("")))
    assert caught.value.reason == "empty"

    with pytest.raises(DocumentError) as caught:
        _read(packed({"a.txt": "no Word file"}))
    assert caught.value.reason == "corrupt"


def test_real_files_read_as_a_person_would(shared: Path) -> None:
    """Files made by Word hold what no test would think of."""
    folder = shared / "data" / "files"
    numbered = _read((folder / "unit_test_headers_numbered.docx").read_bytes())
    tables = _read((folder / "word_tables.docx").read_bytes())

    headings = [b.heading for b in numbered.blocks if b.kind is BlockKind.HEADING]
    assert headings[:4] == [
        ("Test Document",),
        ("Test Document", "1. Section 1"),
        ("Test Document", "1. Section 1", "1.1. Section 1.1"),
        ("Test Document", "1. Section 1", "1.2. Section 1.2"),
    ]
    assert "2.3.1. Hardware Constraints" in numbered.text
    assert "Header 0.0 | Header 0.1 | Header 0.2\nCell 1.0 | Merged Cell 1.1 1.2\n" in tables.text
    assert tables.info.metadata.authors == ("Cesar Berrospi Ramis",)
