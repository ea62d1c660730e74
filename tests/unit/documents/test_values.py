"""Fields of any source become values that can be stored."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.documents.values import MOST_DEPTH, json_value

_ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.dates()
    | st.binary(max_size=4)
    | st.text(st.characters(exclude_categories=()), max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=()), max_size=3), inner, max_size=3
        )
        | st.sets(st.integers(), max_size=3)
    ),
    max_leaves=12,
)


@given(_ODD)
def test_any_value_becomes_json_in_utf8(value: object) -> None:
    """NaN, dates and half characters are what strict JSON and databases reject."""
    written = json.dumps(json_value(value), allow_nan=False, ensure_ascii=False).encode()

    assert json.loads(written) == json_value(value)


@given(st.recursive(st.none() | st.integers(-9, 9) | st.text(max_size=3), st.lists, max_leaves=9))
def test_what_is_json_already_stays(value: object) -> None:
    """Fields that need no change must get none: filters compare them."""
    assert json_value(value) == value


def test_numbers_too_long_to_print_become_text() -> None:
    """Python refuses to print them, so each later step would fail."""
    assert json_value(1 << 20000) == hex(1 << 20000)


def test_deep_nesting_is_refused() -> None:
    """Each later step that walks the value would run out of stack."""
    value: object = 1
    for _ in range(MOST_DEPTH):
        value = [value]

    json_value(value)
    with pytest.raises(ValueError, match="too deep"):
        json_value([value])
