"""Plain text is cut into blocks by what its lines look like."""

import pytest
from hypothesis import given
from tests.unit.documents.blocks import assert_blocks_cover
from tests.unit.strategies import canonical_text

from briefqa.datatypes import BlockKind
from briefqa.documents.plain import plain_blocks

_PROSE = "It was a long and quiet year, in which a good many things were said."


def _seen(text: str) -> list[tuple[str, str, str]]:
    return [(b.kind.value, "/".join(b.heading), b.span.of(text)) for b in plain_blocks(text)[0]]


@given(canonical_text)
def test_blocks_cover_every_word_once_and_in_order(text: str) -> None:
    """A wrong guess may cost a heading, never a word."""
    blocks, metadata = plain_blocks(text)

    assert_blocks_cover(text, blocks)
    assert metadata.title is None or metadata.title in text


@pytest.mark.parametrize(
    "heading",
    [
        "What it costs",
        "2. What it costs",
        "What does it cost?",
        "The “best” price",
        "Spending (by year)",
    ],
)
def test_a_short_line_that_text_follows_is_a_heading(heading: str) -> None:
    """Plain text marks its headings in no other way."""
    text = f"The title\n\n{_PROSE}\n\n{heading}\n\n{_PROSE}"

    assert [(k, h) for k, h, _ in _seen(text)] == [
        ("heading", "The title"),
        ("paragraph", "The title"),
        ("heading", heading),
        ("paragraph", heading),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "It ended there.",
        "and went on",
        "- an item",
        "3 March 2025",
        "https://example.org/a",
        "12,345 | 67",
        "Very " * 40 + "long",
    ],
)
def test_a_line_that_reads_otherwise_is_no_heading(line: str) -> None:
    """A false heading would cut a text where it hangs together."""
    text = f"{_PROSE}\n\n{line}\n\n{_PROSE}"

    assert "heading" not in {kind for kind, _, _ in _seen(text)}


def test_a_short_last_line_is_no_heading() -> None:
    """A heading stands above something."""
    assert _seen(f"{_PROSE}\n\nThe end")[-1] == ("paragraph", "", "The end")


def test_wrapped_lines_are_one_paragraph() -> None:
    """A sentence runs over the line ends that somebody's editor put in."""
    wrapped = "The committee met three times\nDuring that year, and heard\nMany people from here."

    assert _seen(wrapped) == [("paragraph", "", wrapped)]


@pytest.mark.parametrize(
    ("first", "second"), [("It was good,", "Said Ann."), ("It is of", "Use."), ("It went", "on.")]
)
def test_a_line_that_cannot_end_goes_on(first: str, second: str) -> None:
    """Two lines are too few to see a width, but not too few to read."""
    assert len(_seen(f"{first}\n{second}")) == 1


def test_lines_of_their_own_stay_apart() -> None:
    """One paragraph a line is the other way to save plain text."""
    text = f"{_PROSE}\n{_PROSE}{_PROSE}\nShort one."

    assert len(_seen(text)) == 3


@pytest.mark.parametrize("marker", ["-", "*", "•", "–", "1.", "2)", "(3)", "a.", "(b)"])
def test_each_list_item_is_a_block(marker: str) -> None:
    """An item is the unit that answers, even where no blank line parts it from the next."""
    items = [f"{marker} the first one", f"{marker} the next one"]

    assert [(k, t) for k, _, t in _seen("\n".join(items))] == [("list_item", i) for i in items]


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("By Ann Lee", ("Ann Lee",)),
        ("Ann Lee and Bo van Fox", ("Ann Lee", "Bo van Fox")),
        (
            "Dr Ann Lee, Prof. Bo J. Fox & Cy O’Hara-Smith",
            ("Ann Lee", "Bo J. Fox", "Cy O’Hara-Smith"),
        ),
        ("Ann Lee", ()),
        ("Growth and Jobs", ()),
        ("By the time it ended", ()),
    ],
)
def test_a_line_of_names_gives_the_authors(line: str, authors: tuple[str, ...]) -> None:
    """`Who wrote it?` is asked of plain text too; two words with capitals are not a person."""
    blocks, metadata = plain_blocks(f"The title\n\n{line}\n\n{_PROSE}")

    assert metadata.authors == authors
    assert metadata.title == "The title"
    assert not authors or blocks[1].kind is BlockKind.PARAGRAPH


@pytest.mark.parametrize(
    ("lines", "published"),
    [
        ("3 March 2025", "2025-03-03"),
        ("March 2025", "2025-03"),
        ("3 March 2025\n\n3rd March, 2025", "2025-03-03"),
        ("3 March 2025\n\n4 March 2025", None),
        ("On 3 March 2025", None),
        ("31 February 2025", None),
        ("1066", None),
    ],
)
def test_the_one_line_that_is_a_date_gives_the_date(lines: str, published: str | None) -> None:
    """Of two dates either may be the one; a bare number is hardly ever a year of publication."""
    assert plain_blocks(f"The title\n\n{lines}\n\n{_PROSE}")[1].published == published


@pytest.mark.parametrize("text", ["", " \n\t\n", "One line"])
def test_little_text_has_no_title(text: str) -> None:
    """A title names a text; alone it is the text."""
    assert plain_blocks(text)[1].title is None
