"""Filters as Milvus reads them; its own parsers are asked in the integration tests."""

import ast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.backends.milvus.expressions import any_of, may_hold, quoted, selected
from briefqa.protocols import Selection


@given(text=st.text())
def test_a_literal_ends_where_the_text_does(text: str) -> None:
    """Python's literals have the same escapes, and so tell what a literal stands for."""
    literal = quoted(text)

    assert "\n" not in literal
    if "\0" not in text:
        assert ast.literal_eval(literal.replace("\x0c", "\\x0c")) == text


@given(positions=st.sets(st.integers(0, 60)))
def test_a_selection_is_what_it_selects(positions: set[int]) -> None:
    """Neither more nor less, however the positions lie."""
    where = selected("position", Selection(np.array(sorted(positions), dtype=np.int64)))

    found = {each for each in range(70) if eval(where, {"position": each})}  # noqa: S307 - Milvus writes it as Python does
    assert found == positions


def test_many_runs_are_listed() -> None:
    """A thousand ranges would be slower to read than their positions."""
    where = selected("position", Selection(np.arange(0, 4000, 2)))

    assert where.startswith("position in [0, 2, 4, ")


@pytest.mark.parametrize("part", ["a%b", "_", 'x"y', "\\", "plain"])
def test_a_pattern_has_no_sign_of_others(part: str) -> None:
    """What has a meaning stands for any character; the text itself is compared afterwards."""
    pattern = may_hold("text", part).removeprefix('text like "%').removesuffix('%"')

    assert len(pattern) == len(part)
    assert not set(pattern) & set('%"\\')


def test_values_are_listed_by_their_kind() -> None:
    """Texts as literals, numbers as they are."""
    assert any_of("key", ['a"', "b"]) == 'key in ["a\\"", "b"]'
    assert any_of("number", [1, 2]) == "number in [1, 2]"
