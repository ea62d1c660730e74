"""Where sentences begin and end."""

import pytest
from hypothesis import given
from tests.unit.strategies import documents

from briefqa.chunking.sentences import units
from briefqa.datatypes import Block, BlockKind, Document, Span


def _sentences(text: str, kind: BlockKind = BlockKind.PARAGRAPH) -> list[str | None]:
    block = Block(Span(0, len(text)), kind)
    return [sentence.of(text) if sentence else None for _, sentence in units(text, block)]


@given(documents())
def test_units_tile_their_block_and_hold_their_sentence(document: Document) -> None:
    """Units are what chunks are made of, so what they miss no chunk has."""
    text = document.text
    for block in document.blocks:
        covered = block.span.start
        for span, sentence in units(text, block):
            assert span.start >= covered
            assert not text[covered : span.start].strip()
            assert span.of(text) == span.of(text).strip()
            if sentence is not None:
                assert span.start <= sentence.start < sentence.end <= span.end
            if span.start > block.span.start and block.kind is BlockKind.PARAGRAPH:
                assert text[span.start] not in "”’)]»」』"
                assert not (text[span.start - 1].isalnum() and text[span.start].isalnum())
            covered = span.end
        assert covered == block.span.end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One is here. Two is there.", ["One is here.", "Two is there."]),
        ("Dr. Lee left, e.g. today. She is in the U.S. now.", None),
        (
            "There is a case for payments.”1 This is new. It grew.12 Nobody knew.",
            ["There is a case for payments.”1", "This is new.", "It grew.12", "Nobody knew."],
        ),
        ("It grew by 3.5 per cent. Then it fell.", ["It grew by 3.5 per cent.", "Then it fell."]),
        ("He said “Go.” Then he left.", ["He said “Go.”", "Then he left."]),
        ('He said "Go." Then he left.', ['He said "Go."', "Then he left."]),
        ("(He left.) Then she came.", ["(He left.)", "Then she came."]),
        ("Il dit : « Oui. » Puis il part.", ["Il dit : « Oui. »", "Puis il part."]),
        ("政策について。「はい。」次の文", ["政策について。", "「はい。」", "次の文"]),
        ("Why? Because! So.", ["Why?", "Because!", "So."]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str] | None) -> None:
    """A sentence is what an answer quotes: half of one misleads."""
    if expected is None:
        assert not {"Dr.", "Dr. Lee left, e.g."} & set(_sentences(text))
    else:
        assert _sentences(text) == expected


@pytest.mark.parametrize("marker", ["- ", "* ", "• ", "1. ", "12) ", "(a) ", "> - ", "– "])
def test_a_list_marker_is_no_part_of_the_sentence(marker: str) -> None:
    """A quote reads as a sentence, not as a line of a list."""
    assert _sentences(f"{marker}It rose. It fell.", BlockKind.LIST_ITEM) == ["It rose.", "It fell."]


def test_a_heading_is_never_quoted() -> None:
    """A heading asserts nothing."""
    assert _sentences("# What it costs", BlockKind.HEADING) == [None]


def test_each_line_of_a_table_is_a_unit() -> None:
    """Rows are cut between, never inside."""
    assert _sentences("| a. B |\n|--|\n\n | 1 |", BlockKind.LINES) == ["| a. B |", "|--|", "| 1 |"]


def test_a_header_is_quoted_as_a_whole() -> None:
    """An author's name without the title says nothing of who wrote what."""
    text = "Title: What is it? An answer\nAuthors: A B, C D"

    assert _sentences(text, BlockKind.HEADER) == [text]


@pytest.mark.parametrize("words", [1, 9, 300])
def test_sentences_of_a_very_long_paragraph_are_those_of_a_short_one(words: int) -> None:
    """Long paragraphs are split a stretch at a time, and the joins must not show."""
    sentence = "Some " + "more " * words + "words, e.g. these."

    assert _sentences(" ".join([sentence] * 2000)) == [sentence] * 2000
