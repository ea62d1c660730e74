"""The order of columns follows from where things stand, not from when they were drawn."""

from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from briefqa.documents.pdf.layout import reading_order
from briefqa.documents.pdf.pieces import Piece

_SIZE = 10.0
_PITCH = 12.0


def _column(name: str, *, left: float, width: float, lines: int, top: float = 0) -> list[Piece]:
    words = ("and so it goes on with words that fill " * 10).split()
    count = int(width / (_SIZE / 2))
    return [
        Piece(
            f"{' '.join(words)[:count].strip()} {name}{at}",
            left,
            left + width - (at % 4) * 4,
            top + at * _PITCH,
            _SIZE,
            is_bold=False,
        )
        for at in range(lines)
    ]


def _texts(pieces: Sequence[Piece]) -> list[str]:
    return [line.text for column in reading_order(pieces) for line in column.lines]


@given(
    st.lists(st.integers(4, 40), min_size=1, max_size=4),
    st.floats(10, 40),
    st.sampled_from(["", "A heading over all of it"]),
    st.integers(0, 2**32),
)
def test_columns_are_read_one_after_the_other(
    heights: list[int], gutter: float, title: str, seed: int
) -> None:
    """Whatever their number, length and distance, and in whichever order they are drawn."""
    width = 560 / len(heights) - gutter
    columns = [
        _column(f"c{at}-", left=40 + at * (width + gutter), width=width, lines=lines, top=60)
        for at, lines in enumerate(heights)
    ]
    heading = [Piece(title, 40, 600 - gutter, 20, 18, is_bold=True)] if title else []
    expected = [piece for column in [heading, *columns] for piece in column]
    drawn = list(expected)
    Random(seed).shuffle(drawn)  # noqa: S311 - an order, not a secret

    assert _texts(drawn) == [piece.text for piece in expected]


@given(st.integers(2, 30), st.integers(2, 6), st.integers(0, 2**32))
def test_tables_are_read_by_rows(rows: int, columns: int, seed: int) -> None:
    """A row torn apart says nothing."""
    drawn = [
        Piece(
            f"r{row}c{column}", 40 + 90 * column, 70 + 90 * column, row * 14, _SIZE, is_bold=False
        )
        for row in range(rows)
        for column in range(columns)
    ]
    Random(seed).shuffle(drawn)  # noqa: S311 - an order, not a secret

    [found] = reading_order(drawn)

    assert [[cell.text for cell in line.cells] for line in found.lines] == [
        [f"r{row}c{column}" for column in range(columns)] for row in range(rows)
    ]


@given(
    st.lists(
        st.builds(
            lambda text, left, width, *rest: Piece(text, left, left + width, *rest),
            st.text("abc ", min_size=1, max_size=30).filter(str.strip),
            st.floats(-1e6, 1e6),
            st.floats(0, 1e6),
            st.floats(-1e6, 1e6),
            st.floats(0.1, 10_000),
            st.booleans(),
            st.sampled_from([0, 90, 37]),
        ),
        max_size=30,
    )
)
def test_no_piece_is_lost_or_told_twice(pieces: list[Piece]) -> None:
    """Order is a guess where things lie anyhow; words are not."""
    found = "".join(_texts(pieces))

    assert sorted(found.replace(" ", "")) == sorted(
        "".join(piece.text for piece in pieces).replace(" ", "")
    )
