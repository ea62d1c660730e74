"""Every sentence of a labelled set of PDFs is found, in order, with the page it stands on."""

import pytest
from tests.pdfs import LABELLED, Labelled, has_dejavu

from briefqa.datatypes import BlockKind, Document, PositionUnit
from briefqa.documents.files import SourceBytes
from briefqa.documents.options import DEFAULT_OPTIONS
from briefqa.documents.pdf import read_pdf

_NEED_FONT = {"ligatures", "right_to_left", "greek_and_cyrillic"}


@pytest.fixture(scope="module", params=sorted(LABELLED))
def labelled(request: pytest.FixtureRequest) -> tuple[Labelled, Document]:
    """One labelled PDF and the document read from it."""
    if request.param in _NEED_FONT and not has_dejavu():
        pytest.skip("needs the DejaVu fonts (Debian: fonts-dejavu)")
    made = LABELLED[request.param]()
    return made, read_pdf(SourceBytes("labelled.pdf", made.data), DEFAULT_OPTIONS)


def test_sentences_are_found_word_for_word_on_their_page(
    labelled: tuple[Labelled, Document],
) -> None:
    """A citation quotes these words and names this page, and a person looks it up."""
    made, document = labelled
    assert made.sentences
    assert document.position_map.unit is PositionUnit.PAGE

    found = {
        sentence: (
            document.text.count(sentence),
            document.position_map.number_at(document.text, document.text.find(sentence)),
        )
        for _, sentence in made.sentences
    }

    assert found == {sentence: (1, page) for page, sentence in made.sentences}


def test_sentences_come_in_reading_order(labelled: tuple[Labelled, Document]) -> None:
    """Columns read across would make sentences that nobody wrote."""
    made, document = labelled

    places = [document.text.find(sentence) for _, sentence in made.sentences]

    assert places == sorted(places)


def test_pages_change_where_their_text_begins(labelled: tuple[Labelled, Document]) -> None:
    """Also inside a paragraph, and inside a word that a page end cut in two."""
    made, document = labelled
    starts = {mark.number: mark.start for mark in reversed(document.position_map.marks)}

    for page, opening in made.openings:
        assert document.text.startswith(opening, starts[page])


def test_blocks_cover_the_text(labelled: tuple[Labelled, Document]) -> None:
    """What lies in no block is never indexed."""
    _, document = labelled
    covered = 0
    for block in document.blocks:
        assert not document.text[covered : block.span.start].strip()
        covered = block.span.end
    assert not document.text[covered:].strip()


def _blocks(name: str) -> list[tuple[BlockKind, tuple[str, ...], str]]:
    document = read_pdf(SourceBytes("labelled.pdf", LABELLED[name]().data), DEFAULT_OPTIONS)
    return [(b.kind, b.heading, b.span.of(document.text)) for b in document.blocks]


def test_tables_are_rows() -> None:
    """A figure without the words of its row says nothing."""
    tables = [text for kind, _, text in _blocks("table") if kind is BlockKind.LINES]

    assert [table.split("\n") for table in tables] == [
        [
            "Region | Households | Change",
            "North East | 1,204 | +2.1 %",
            "South West of the country | 2,380 | –0.4 %",
            "Wales | 1,345 | +0.9 %",
        ]
    ]


def test_items_are_items() -> None:
    """A list's marks are no words of a sentence."""
    items = [text[:2] for kind, _, text in _blocks("lists") if kind is BlockKind.LIST_ITEM]

    assert items == ["• ", "• ", "1.", "2.", "(a"]


def test_outline_gives_the_headings() -> None:
    """Where headings look like the rest, the file's own outline still names them."""
    headings = [path for kind, path, _ in _blocks("outlined") if kind is BlockKind.HEADING]

    assert headings == [
        ("Background",),
        ("Background", "Scope"),
        ("Findings",),
        ("Findings", "Costs"),
        ("Outlook",),
    ]


@pytest.mark.parametrize("name", ["running_heads", "over_the_page"])
def test_running_heads_and_feet_are_left_out(name: str) -> None:
    """They would be cited as content, and part the sentences that go over the page."""
    text = "\n".join(text for _, _, text in _blocks(name))

    gone = ("Annual report", "The regulator and the market", "–", "Evidence to the", "Page 2 of 3")
    assert [part for part in gone if part in text] == []


def test_files_are_the_same_each_time() -> None:
    """The set is a fixed point to measure against."""
    make = LABELLED["two_columns"]

    assert make().data == make().data
