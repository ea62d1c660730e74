"""Rows keep the words of a table, in order, and spans cannot blow it up."""

from hypothesis import given
from hypothesis import strategies as st

from briefqa.documents.html.tables import Cell, aligned, span_of

_CELLS = st.builds(
    Cell,
    columns=st.integers(1, 1000),
    rows=st.integers(1, 1000),
    pieces=st.lists(st.sampled_from(["a", "b c", "d.", "e" * 100]), max_size=2),
)


@given(st.lists(st.lists(_CELLS, max_size=5), max_size=12))
def test_no_cell_is_lost_moved_or_multiplied(rows: list[list[Cell]]) -> None:
    """A span is only a number, which a page may set to anything."""
    found = aligned(rows)

    assert len(found) == len(rows)
    for row, cells in zip(found, rows, strict=True):
        filled = iter([text for text in row if text])
        assert all(cell.text in filled for cell in cells if cell.text)
        assert not row or row[-1]
    own = sum(len(piece) for row in rows for cell in row for piece in cell.pieces)
    written = sum(len(text) for row in found for text in row)
    joints = sum(2 * len(cell.pieces) for row in rows for cell in row)
    assert written <= 2 * own + joints


def test_columns_without_any_text_are_left_out() -> None:
    """Old pages keep columns apart by empty ones."""
    rows = [[Cell(pieces=[text]) if text else Cell() for text in row] for row in ("a b", "c  ")]

    assert aligned([[cell for cell in row if cell.text != " "] for row in rows]) == [
        ["a", "b"],
        ["c"],
    ]
    assert aligned([[Cell(), Cell(pieces=["a"])], [Cell(), Cell(pieces=["b"])]]) == [["a"], ["b"]]


def test_a_span_that_is_no_number_is_one() -> None:
    """Pages write 100%, 0 and worse."""
    found = [span_of(value) for value in (None, "", "0", "-3", "100%", "٣", "3", "99999999999")]

    assert found == [1, 1, 1, 1, 1, 1, 3, 1000]
