"""Markdown is cut into blocks."""

from hypothesis import given
from tests.unit.documents.blocks import assert_blocks_cover
from tests.unit.strategies import canonical_text

from briefqa.datatypes import BlockKind
from briefqa.documents.markdown import markdown_blocks


def _seen(text: str) -> list[tuple[str, str, str]]:
    return [(b.kind.value, "/".join(b.heading), b.span.of(text)) for b in markdown_blocks(text)]


@given(canonical_text)
def test_blocks_cover_every_word_once_and_in_order(text: str) -> None:
    """What no block covers can never be found."""
    assert_blocks_cover(text, list(markdown_blocks(text)))


def test_headings_lead_to_what_stands_below_them() -> None:
    """A citation names the headings above it, whatever way they are written."""
    text = (
        "Intro\n\n# One *big* `x` ![pic](u)\n\na\n\nTwo\n---\n\nb\n\n**Bold:**\n\nc\n\n"
        "### Three\nd\n\nFour\n====\ne\n\n#\n\nf"
    )

    assert _seen(text) == [
        ("paragraph", "", "Intro"),
        ("heading", "One big x pic", "# One *big* `x` ![pic](u)"),
        ("paragraph", "One big x pic", "a"),
        ("heading", "One big x pic/Two", "Two\n---"),
        ("paragraph", "One big x pic/Two", "b"),
        ("heading", "One big x pic/Two/Bold", "**Bold:**"),
        ("paragraph", "One big x pic/Two/Bold", "c"),
        ("heading", "One big x pic/Two/Three", "### Three"),
        ("paragraph", "One big x pic/Two/Three", "d"),
        ("heading", "Four", "Four\n===="),
        ("paragraph", "Four", "e"),
        ("heading", "", "#"),
        ("paragraph", "", "f"),
    ]


def test_kinds_say_where_a_block_may_be_cut() -> None:
    """A table row or a line of code cut in two means nothing."""
    text = (
        "- a\n  more\n- b\n  - c\n\n> q\n\n```py\n# no heading\n```\n\n    code\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n<p>\nhtml\n</p>\n\n[x]: /u\n\n***\n"
    )

    assert _seen(text) == [
        ("list_item", "", "- a\n  more"),
        ("list_item", "", "- b"),
        ("list_item", "", "- c"),
        ("paragraph", "", "> q"),
        ("lines", "", "```py\n# no heading\n```"),
        ("lines", "", "code"),
        ("lines", "", "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("lines", "", "<p>\nhtml\n</p>"),
        ("lines", "", "[x]: /u"),
        ("lines", "", "***"),
    ]


def test_a_heading_resolves_links_defined_elsewhere() -> None:
    """A heading is shown to people, who have no use for the markup."""
    text = "# See [the report][r] &amp; more\n\n[r]: /u"

    assert next(markdown_blocks(text)).heading == ("See the report & more",)


def test_a_heading_of_any_length_is_a_heading() -> None:
    """Inline markup of a page's length is not parsed, as that may take minutes."""
    text = "# " + "[*a " * 50_000

    [block] = markdown_blocks(text)

    assert block.kind is BlockKind.HEADING
    assert block.heading == (text[2:].strip(),)
