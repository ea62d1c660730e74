"""Plots are well-formed and show every point where it belongs."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plotting import bars, bars_of_figures, curves, curves_of_records

_ABOVE_ZERO = st.floats(min_value=1e-6, max_value=1e12)
_POINTS = st.lists(st.tuples(_ABOVE_ZERO, _ABOVE_ZERO), min_size=1, max_size=8)


def _spots(svg: str) -> list[tuple[float, float]]:
    # The last circle of a curve is its key.
    found = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg)[:-1]
    return [(float(x), float(y)) for x, y in found]


@given(_POINTS, st.text(max_size=20).filter(str.isprintable))
def test_larger_is_further_right_and_higher(points: list[tuple[float, float]], name: str) -> None:
    """Whatever the numbers, a reader sees their order, inside the frame, under any name."""
    svg = curves(name, "passages", {name: points})

    ET.fromstring(svg)  # noqa: S314 - our own
    spots = _spots(svg)
    assert len(spots) == len(points)
    for (x, y), (left, top) in zip(sorted(points), spots, strict=True):
        assert 60 <= left <= 470
        assert 30 <= top <= 315
        for (other_x, other_y), (other_left, other_top) in zip(sorted(points), spots, strict=True):
            assert (x <= other_x) <= (left <= other_left)
            assert (y <= other_y) <= (top >= other_top)


def test_what_a_logarithm_does_not_have_is_left_out() -> None:
    """A cost of zero has no place on the axis; the others still have theirs."""
    svg = curves("t", "n", {"a": [(1, 0), (10, 5)], "b": [(0, 1)]})

    assert len(_spots(svg)) == 1
    with pytest.raises(ValueError, match="above zero"):
        curves("t", "n", {"b": [(0, 1)]})


def test_bars_are_as_long_as_their_values() -> None:
    """Bars begin at zero, so that twice as long is twice as much."""
    svg = bars("t", {"one": {"a": 1.0, "b": 4.0}, "two": {"a": 50.0}})

    ET.fromstring(svg)  # noqa: S314 - our own
    widths = [float(width) for width in re.findall(r'width="([\d.]+)" height="14"', svg)]
    assert widths[1] == pytest.approx(4 * widths[0], rel=0.01)
    assert widths[2] == widths[1]


def test_records_become_a_curve_for_each_cost() -> None:
    """What other benchmarks write as JSON is plotted without code of their own."""
    records = [{"passages": 10, "p50_ms": 1, "p95_ms": 2}, {"passages": 100, "p50_ms": 3}]

    svg = curves_of_records("t", "passages", records, ["p50_ms", "p95_ms"])

    assert ">p50_ms<" in svg
    assert ">p95_ms<" in svg


@given(st.lists(_ABOVE_ZERO, min_size=1, max_size=9))
def test_of_several_measurements_a_bar_shows_the_middle(found: list[float]) -> None:
    """One slow run among many must not look like the usual one."""
    median = sorted([*found, *found])[len(found) - 1 : len(found) + 1]
    once = bars("t", {"ms": {"a": sum(median) / 2, "b": 7.0}})

    svg = bars_of_figures("t", {"ms": {"a": [*found, *found], "b": 7.0}, "more": {}}, ["ms"])

    assert svg == once
