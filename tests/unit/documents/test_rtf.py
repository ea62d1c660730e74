"""RTF is read as Word and LibreOffice show it."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.documents.blocks import assert_blocks_cover
from tests.unit.documents.outlines import PARTS, Part, assert_reads_as
from tests.unit.documents.packing import Change, damages

from briefqa.datatypes import Document
from briefqa.documents.files import SourceBytes
from briefqa.documents.rtf import read_rtf
from briefqa.errors import DocumentError

_OPENING = (
    r"{\rtf1\ansi\ansicpg1252\uc1\deff0{\fonttbl{\f0\froman\fcharset0\fprq2{\*\panose 0202}Times;}"
    r"{\f3\froman\fcharset2 Symbol;}{\f4\fcharset204 Arial Cyr;}{\f5\fcharset128 MS Mincho;}}"
    r"{\colortbl;\red0\green0\blue0;}{\stylesheet{\ql \snext0 Normal;}"
    r"{\s1\ql\outlinelevel0 \sbasedon0 heading 1;}{\s2 heading 2;}{\*\cs10 \additive Default;}"
    r"{\s15 Title;}{\s20 toc 1;}}{\*\generator Word;}"
)


def _read(data: bytes) -> Document:
    return read_rtf(SourceBytes("brief.rtf", data))


def _rtf(body: str) -> bytes:
    return f"{_OPENING}{body}}}".encode("latin-1")


def _texts(body: str) -> list[str]:
    document = _read(_rtf(body))
    return [block.span.of(document.text) for block in document.blocks]


def _escaped(text: str) -> str:
    units = text.encode("utf-16-le")
    codes = (
        int.from_bytes(units[i : i + 2], "little", signed=True) for i in range(0, len(units), 2)
    )
    return "".join(chr(code) if 32 <= code < 91 else rf"\u{code}?" for code in codes)


def _written(parts: list[Part]) -> bytes:
    """Write as Word does: properties before a paragraph, rows of cells."""
    written: list[str] = []
    for part in parts:
        text = _escaped(part.text)
        match part.kind:
            case "heading":
                written.append(rf"\pard\plain\outlinelevel{part.level - 1} {{{text}}}\par")
            case "item":
                written.append(rf"{{\listtext\pard\f3 \'b7\tab}}\pard\plain\ls1 {{{text}}}\par")
            case "number":
                written.append(rf"{{\listtext\pard 1.\tab}}\pard\plain\ls1 {{{text}}}\par")
            case "table":
                for row in part.rows:
                    cells = "".join(rf"\pard\intbl {{{_escaped(cell)}}}\cell " for cell in row)
                    written.append(rf"\trowd\cellx100\cellx200 {cells}\row ")
                written.append(r"\pard ")
            case _:
                written.append(rf"\pard\plain {{{text}}}\par")
    return _rtf("\r\n".join(written))


@given(PARTS)
def test_what_is_written_as_word_does_reads_as_it_was_meant(parts: list[Part]) -> None:
    """Same words, order, headings and paragraph numbers."""
    assert_reads_as(_read(_written(parts)), parts)


@given(damages())
def test_damaged_files_give_documents_or_errors(damage: Change) -> None:
    """Copies break on the way, and one must not stop the folder it lies in."""
    whole = _written(
        [Part("heading", "Costs", 1), Part("item", "x"), Part("table", rows=[["a", "b"]])]
    )

    with contextlib.suppress(DocumentError):
        document = _read(damage(whole))
        assert_blocks_cover(document.text, document.blocks)


_TOKENS = st.sampled_from(
    [
        *(
            "{",
            "}",
            "\\par ",
            "\\pard ",
            "\\cell ",
            "\\row ",
            "\\intbl ",
            "\\itap2 ",
            "\\nestcell ",
        ),
        *("\\u8217", "\\u-10179?", "\\uc0 ", "\\'e9", "\\*", "\\bin3 ", "\\s1 ", "\\v ", "\\v0 "),
        *(
            "{\\footnote ",
            "{\\listtext ",
            "{\\info{\\title ",
            "{\\*\\shpinst{\\shptxt ",
            "{\\upr{a}",
        ),
        *(
            "{\\*\\ud ",
            "\\nestrow ",
            "{\\*\\nesttableprops ",
            "\\f4 ",
            "\\f5 ",
            "{\\pict ",
            "text ",
        ),
        *("\\outlinelevel99999999", "\\ansicpg0 ", "\\", "\\'", "\0", "\\fcharset7 ", "{\\fonttbl"),
    ]
)


@given(st.lists(_TOKENS, max_size=40).map("".join))
def test_any_words_give_a_document_or_an_error(body: str) -> None:
    """Each word may stand where no program would put it."""
    with contextlib.suppress(DocumentError):
        document = _read(_rtf(body))
        assert_blocks_cover(document.text, document.blocks)
        document.text.encode()


@pytest.mark.parametrize(
    "part",
    ["{", "}", "\\", "\\u1", "\\'41", "{\\*\\", "\\par", "{\\pict 00}", "\\field{\\fldinst "],
)
def test_megabytes_of_one_thing_take_seconds(part: str) -> None:
    """No word may cost more the more of it there is."""
    begun = time.process_time()

    with contextlib.suppress(DocumentError):
        _read((_OPENING + part * (2_000_000 // len(part))).encode())

    assert time.process_time() - begun < 20


def test_every_encoding_in_one_file_is_decoded() -> None:
    """Each font has a code page of its own, and letters may take two bytes."""
    body = (
        r"Caf\'e9 \u8217?s \u-10179?\u-8704? {\f4 \'cf\'f0\'e8} {\f5 \'83e\'83X\'83g} "
        r"\u946 \'61b\par \pard{\f3 b\'b3} {\uc0\u8364}5\emdash \ldblquote x\rdblquote\~y\_z\-\par"
    )

    assert _texts(body) == ["Café ’s 😀 При テスト βb", "β≥ €5—“x” y-z"]


def test_what_a_reader_does_not_see_is_left_out() -> None:
    """Hidden, deleted and remarked text must not be cited."""
    body = (
        r"{\header Head\par}Seen{\v hidden}{\deleted gone}{\*\annotation a remark} "
        r"{\field{\*\fldinst HYPERLINK http://x.y}{\fldrslt link}}\par"
        r"\pard\s20 Costs\tab 3\par\pard{\*\unknown{\footnote trap}secret}"
        r"{\pict\wmetafile8 00ff\bin3 }}}}{\shprslt twice}End\par"
    )

    assert _texts(body) == ["Seen link", "End"]


def test_properties_become_metadata() -> None:
    """Questions about authors and dates are answered from them."""
    document = _read(
        _rtf(
            r"{\info{\title A \'e9tude{\*\x y}}{\author Jane Doe; John Roe}{\keywords heat, power}"
            r"{\creatim\yr2024\mo3\dy5\hr1}{\revtim\yr2024\mo4\dy1}{\*\company X}}\pard Text.\par"
        )
    )

    metadata = document.info.metadata
    assert (metadata.title, metadata.authors) == ("A étude", ("Jane Doe", "John Roe"))
    assert (metadata.published, metadata.tags) == ("2024-03-05", ("heat", "power"))
    assert metadata.extra == {"modified": "2024-04-01"}


def test_headings_are_told_by_style_and_outline_level() -> None:
    """Some programs write the level, some only the name of the style."""
    document = _read(
        _rtf(
            r"\pard\s15 The title\par\pard\s1 One\par\pard\s2 Two\par\pard\outlinelevel2 Three\par"
            r"\pard\s1\outlinelevel9 Text.\par"
        )
    )

    assert document.blocks[-1].heading == ("The title", "One", "Two", "Three")
    assert document.info.title == "The title"


def test_notes_and_boxes_follow_and_lead_back() -> None:
    """A note's place is that of the sentence that refers to it."""
    body = (
        r"\pard First{\footnote\pard {\chftn } See the annex.}.\par"
        r"\pard Second{\footnote\ftnalt At the end.}.\par"
        r"{\shp{\*\shpinst{\sp{\sn a}{\sv b}}{\shptxt \pard Boxed.\par}}"
        r"{\shprslt{\*\do x}}}Third.\par"
    )
    document = _read(_rtf(body))

    places = {
        block.span.of(document.text): document.position_map.number_at(
            document.text, block.span.start
        )
        for block in document.blocks
    }
    assert places == {
        "First.": 1,
        "Second.": 2,
        "Third.": 3,
        "Boxed.": 4,
        "Footnote 1: See the annex.": 1,
        "Endnote 1: At the end.": 2,
    }


def test_nested_tables_stay_rows() -> None:
    """Reports of machines are tables in tables."""
    body = (
        r"\trowd\pard\intbl Before\par\pard\intbl\itap2 a\nestcell b\nestcell"
        r"{\*\nesttableprops\trowd\nestrow}{\nonesttables\par}\pard\intbl after\cell x\cell\row"
        r"\pard End\par"
    )

    assert _texts(body) == ["Before\na | b\nafter | x", "End"]


def test_a_table_of_one_column_reads_as_its_paragraphs() -> None:
    """Boxes are made so."""
    body = r"\trowd\pard\intbl\outlinelevel0 Key\par\pard\intbl Found.\cell\row\pard End\par"

    assert _texts(body) == ["Key", "Found.", "End"]


def test_a_file_cut_short_says_so() -> None:
    """What is left can be read, but its reader must know that it is not all."""
    document = _read((_OPENING + r"\pard {\b One.\par Tw").encode())

    assert document.text == "One.\n\nTw"
    assert "text may be missing" in document.info.notices[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no RTF at all", "not_as_named"),
        (_rtf(""), "empty"),
        (_rtf(r"{\pict 00ff}"), "no_text"),
        ((_OPENING + "{" * 5000).encode(), "unsafe"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    """A person has to know what to do."""
    with pytest.raises(DocumentError) as caught:
        _read(data)

    assert caught.value.reason == reason
