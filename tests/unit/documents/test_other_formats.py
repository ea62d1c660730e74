"""What the extra ``all-formats`` reads becomes a document like any other."""

import contextlib
import io
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from tests.unit.documents.blocks import assert_blocks_cover
from tests.unit.documents.packing import Change, damages, packed

from briefqa.datatypes import BlockKind, Document, PositionUnit
from briefqa.documents import SourceFile, read_file
from briefqa.documents.files import SourceBytes
from briefqa.documents.formats import content_for
from briefqa.documents.other_formats import read_other
from briefqa.errors import DocumentError

_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)


def _related(kind: str, *targets: str) -> str:
    inner = "".join(
        f'<Relationship Id="r{i}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for i, target in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_RELATIONS}">{inner}</Relationships>'


def _slide(title: str, *lines: str) -> str:
    shape = (
        '<p:sp><p:nvSpPr><p:cNvPr id="2" name="x"/><p:cNvSpPr/><p:nvPr>{}</p:nvPr></p:nvSpPr>'
        "<p:spPr/><p:txBody><a:bodyPr/>{}</p:txBody></p:sp>"
    ).format
    line = "<a:p><a:r><a:t>{}</a:t></a:r></a:p>".format
    return (
        '<p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p:cSld><p:spTree>'
        + shape('<p:ph type="title"/>', line(title))
        + shape("", "".join(map(line, lines)))
        + "</p:spTree></p:cSld></p:sld>"
    )


def _presentation() -> bytes:
    return packed(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _related("officeDocument", "ppt/presentation.xml"),
            "ppt/presentation.xml": "<p:presentation "
            'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
            f'xmlns:r="{_OFFICE}"><p:sldIdLst><p:sldId id="256" r:id="r1"/>'
            '<p:sldId id="257" r:id="r2"/></p:sldIdLst></p:presentation>',
            "ppt/_rels/presentation.xml.rels": _related(
                "slide", "slides/slide1.xml", "slides/slide2.xml"
            ),
            "ppt/slides/slide1.xml": _slide("Opening", "A *starred* point.", "page 7 of this file"),
            "ppt/slides/slide2.xml": _slide("Costs", "It costs 5_000 pounds."),
        }
    )


def _workbook() -> bytes:
    def cell(name: str, text: str) -> str:
        return f'<c r="{name}" t="inlineStr"><is><t>{text}</t></is></c>'

    rows = (
        f'<row r="1">{cell("A1", "Country | x")}{cell("B1", "Value")}</row>'
        f'<row r="2">{cell("A2", "France *bold*")}<c r="B2"><v>1.5</v></c></row>'
    )
    names = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return packed(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _related("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": f'<workbook {names} xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="Budget" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": _related("worksheet", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml": f"<worksheet {names}><sheetData>{rows}</sheetData>"
            "</worksheet>",
        }
    )


_MAIL = (
    b"From: Jane Doe <jane@example.org>\r\nTo: bob@example.org\r\n"
    b"Subject: Energy =?utf-8?q?caf=C3=A9?=\r\nDate: Tue, 5 Mar 2024 10:00:00 +0000\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello *Bob*,\r\n\r\nit costs 5 million.\r\n"
)


def _read(data: bytes, name: str) -> Document:
    pytest.importorskip("kreuzberg", reason="needs the extra all-formats")
    _, content = content_for(name, io.BytesIO(data))
    document = read_other(SourceBytes(name, data), content)
    assert_blocks_cover(document.text, document.blocks)
    return document


def test_slides_are_numbered_and_say_what_they_say() -> None:
    """A citation leads to a slide, and quotes it without marks of any markup."""
    document = _read(_presentation(), "talk.pptx")

    found = [
        (
            block.span.of(document.text),
            block.heading,
            document.position_map.number_at(document.text, block.span.start),
        )
        for block in document.blocks
    ]
    assert document.position_map.unit is PositionUnit.PAGE
    assert found == [
        ("Opening", ("Opening",), 1),
        ("A *starred* point.", ("Opening",), 1),
        ("page 7 of this file", ("Opening",), 1),
        ("Costs", ("Costs",), 2),
        ("It costs 5_000 pounds.", ("Costs",), 2),
    ]


def test_sheets_are_rows_under_their_names() -> None:
    """The name of a sheet is often all that says what its numbers are."""
    document = _read(_workbook(), "budget.xlsx")

    table = document.blocks[-1]
    assert table.span.of(document.text) == "Country | x | Value\nFrance *bold* | 1.5"
    assert (table.kind, table.heading) == (BlockKind.LINES, ("Budget",))


def test_a_mail_states_who_and_when() -> None:
    """Questions about mail are mostly about these."""
    document = _read(_MAIL, "mail.eml")

    metadata = document.info.metadata
    assert (metadata.title, metadata.authors) == ("Energy café", ("Jane Doe",))
    assert metadata.published == "2024-03-05"
    assert "Hello *Bob*,\n\nit costs 5 million." in document.text


@settings(max_examples=60)
@given(damages())
def test_damaged_files_give_documents_or_errors(damage: Change) -> None:
    """The library's own errors must not come through."""
    for data, name in ((_presentation(), "a.pptx"), (_workbook(), "a.xlsx"), (_MAIL, "a.eml")):
        with contextlib.suppress(DocumentError):
            _read(damage(data), name)


def test_bombs_are_found_before_the_library_unpacks_them() -> None:
    """It unpacks as it likes."""
    pytest.importorskip("kreuzberg", reason="needs the extra all-formats")

    with pytest.raises(DocumentError) as caught:
        _read(packed({"xl/workbook.xml": bytes(20_000_000)}), "a.xlsx")

    assert caught.value.reason == "unsafe"


@pytest.mark.parametrize(
    ("data", "name"), [(_workbook(), "a.xlsx"), (_presentation(), "a.pptx"), (_MAIL, "a.eml")]
)
def test_without_the_extra_the_person_is_told_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: bytes, name: str
) -> None:
    """A list of formats that are not read would help nobody."""
    monkeypatch.setitem(sys.modules, "kreuzberg", None)
    path = tmp_path / name
    path.write_bytes(data)

    [error] = read_file(SourceFile(path, name))

    assert isinstance(error, DocumentError)
    assert error.reason == "unsupported"
    assert 'pip install "briefqa[all-formats]"' in error.detail
