"""A listing is the list that it stands for, and reads only what is taken out of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.datatypes import DocId, DocumentInfo, Metadata
from briefqa.indexing.listing import ALL, Listing

_INFOS = [
    DocumentInfo(DocId(str(at)), f"{at}.txt", f"{at}", Metadata(), "0" * 64, "0" * 64)
    for at in range(9)
]


def _listing(count: int) -> tuple[Listing, list[tuple[int, int]]]:
    """Return a listing of so many, and where to see what it reads."""
    read: list[tuple[int, int]] = []

    def some(first: int, most: int) -> list[DocumentInfo]:
        read.append((first, most))
        return _INFOS[first:count] if most == ALL else _INFOS[first : min(count, first + most)]

    return Listing(lambda: count, some), read


_ENDS = st.none() | st.integers(-12, 12)


@given(
    st.integers(0, 9),
    st.builds(slice, _ENDS, _ENDS, st.none() | st.sampled_from([-2, -1, 1, 2, 3])),
)
def test_a_part_is_that_of_the_list(count: int, part: slice) -> None:
    """A page of the list must not lose a document at its edge."""
    listing, read = _listing(count)
    expected = _INFOS[:count]

    assert listing[part] == expected[part]
    assert sum(most for _, most in read) <= max(0, 3 * len(expected[part]) - 2)
    assert list(listing) == expected
    assert len(listing) == count


@given(st.integers(1, 9), st.integers(-12, 12))
def test_one_document_is_read_alone(count: int, place: int) -> None:
    """Whoever looks at one must not wait for a million."""
    listing, read = _listing(count)
    if not -count <= place < count:
        with pytest.raises(IndexError):
            listing[place]
        return

    assert listing[place] == _INFOS[:count][place]
    assert read == [(place % count, 1)]
