"""What becomes of documents on their way into rows; what comes back is tested with Milvus."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.assembly.milvus.rows import MOST_TEXT, date_columns, overlapping
from briefqa.backends.milvus.layout import MOST_BYTES, pieces


@given(text=st.text(max_size=40), times=st.integers(1, 4000))
def test_pieces_fit_and_are_the_text(text: str, times: int) -> None:
    """A field of Milvus holds 64 kB, and a text is cut at no half character."""
    parts = pieces(text * times)

    assert "".join(parts) == text * times
    assert all(len(part.encode()) <= MOST_BYTES for part in parts)


@given(before=st.integers(0, 40_000), part=st.text(min_size=1, max_size=9_000))
def test_whatever_a_condition_looks_for_is_in_one_row(before: int, part: str) -> None:
    """A filter on a long value must find what stands where it was cut."""
    rows = overlapping("x" * before + part + "y" * 40_000)

    assert any(part in row for row in rows)
    assert all(len(row.encode()) <= MOST_TEXT for row in rows)


@pytest.mark.parametrize(
    ("date", "columns"),
    [
        (None, {}),
        ("2025", {"year": 2025}),
        ("2025-03", {"year": 2025, "month": 202503}),
        ("2025-03-31", {"year": 2025, "month": 202503, "day": 20250331}),
    ],
)
def test_a_date_is_as_fine_as_it_is_known(date: str | None, columns: dict[str, int]) -> None:
    """A condition is held at the coarser of two precisions."""
    assert date_columns(date) == columns
