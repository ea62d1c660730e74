"""Documents as lists of parts, for writers and an oracle that knows nothing of any reader."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st
from tests.unit.documents.blocks import assert_blocks_cover

from briefqa.datatypes import BlockKind, Document


@dataclass(frozen=True)
class Part:
    """A heading (level 0 is the title), a paragraph, an item or a table of a document."""

    kind: str
    text: str = ""
    level: int = 0
    rows: list[list[str]] = field(default_factory=list)


_WORD = st.text(st.characters(categories=["Lu", "Ll", "Lo"]), min_size=1, max_size=8)
_TEXT = st.lists(_WORD, min_size=2, max_size=6).map(" ".join)
PARTS = st.lists(
    st.builds(Part, st.just("heading"), _TEXT, st.integers(1, 6))
    | st.builds(Part, st.just("paragraph"), _TEXT | st.sampled_from(["", "   "]))
    | st.builds(Part, st.just("item"), _TEXT)
    | st.builds(Part, st.just("number"), _TEXT)
    | st.integers(2, 4).flatmap(
        lambda width: st.builds(
            Part,
            st.just("table"),
            rows=st.lists(
                st.lists(_TEXT | st.just(""), min_size=width, max_size=width),
                min_size=1,
                max_size=3,
            ),
        )
    ),
    min_size=1,
    max_size=12,
).filter(lambda parts: any(_lines(part) for part in parts))


def _lines(part: Part) -> list[str]:
    if part.kind == "table":
        return [" ".join(cell for cell in row if cell) for row in part.rows if any(row)]
    return [part.text] if part.text.strip() else []


def _words(line: str) -> str:
    """Return ``line`` without the numbers, markers and bars that a reader adds."""
    return " ".join(word for word in line.split() if word.isalpha())


def assert_reads_as(document: Document, parts: Sequence[Part]) -> None:
    """Check words, their order, their headings and their paragraph numbers."""
    text = document.text
    assert_blocks_cover(text, document.blocks)
    expected: list[tuple[str, tuple[str, ...], int, BlockKind]] = []
    path: list[Part] = []
    for part in parts:
        if part.kind == "heading":
            path = [above for above in path if above.level < part.level] + [part]
        kind = {
            "heading": BlockKind.HEADING,
            "paragraph": BlockKind.PARAGRAPH,
            "table": BlockKind.LINES,
        }.get(part.kind, BlockKind.LIST_ITEM)
        heading = tuple(above.text for above in path)
        expected += ((line, heading, len(expected) + 1, kind) for line in _lines(part))
    found: list[tuple[str, tuple[str, ...], int | None, BlockKind]] = []
    for block in document.blocks:
        if block.kind is BlockKind.HEADER:
            continue
        at = block.span.start
        for line in block.span.of(text).split("\n"):
            number = document.position_map.number_at(text, at)
            heading = tuple(map(_words, block.heading))
            found.append((_words(line), heading, number, block.kind))
            at += len(line) + 1
    assert found == expected
