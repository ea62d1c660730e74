"""What each stage took adds up, and is told only of our own work."""

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.retrieval.timing import Stopwatch

_STEPS = st.lists(
    st.tuples(
        # Whole quarters of seconds, so that sums are exact.
        st.integers(0, 40).map(lambda quarters: quarters / 4),
        st.sampled_from(
            [("embed", None), ("retrieve", "dense"), ("retrieve", "rank"), ("write", "model"), None]
        ),
    ),
    max_size=20,
)


@given(_STEPS)
def test_stages_and_their_parts_add_up_to_the_total(
    steps: list[tuple[float, tuple[str, str | None] | None]],
) -> None:
    """Time is told once, but for what a slow reader took, which is no stage's."""
    now = 100.0
    with patch("time.perf_counter", lambda: now):
        watch = Stopwatch(now)
        expected: dict[str, float] = {}
        for seconds, lap in steps:
            now += seconds
            if lap is None:
                watch.leave_out()
                continue
            watch.lap(*lap)
            stage, part = lap
            expected[part or stage] = expected.get(part or stage, 0.0) + seconds
        took = watch.read()

    found: dict[str, float] = {}
    for each in watch.stages:
        found[each.name] = found.get(each.name, 0.0) + each.took_s
    assert found == expected
    assert took.pop("total") == (now - 100.0) * 1000
    assert sum(took.values()) == sum(expected.values()) * 1000
    assert set(took) == {lap[0] for _, lap in steps if lap is not None}


@given(_STEPS)
def test_stages_come_in_order_and_do_not_overlap(
    steps: list[tuple[float, tuple[str, str | None] | None]],
) -> None:
    """A trace shows them one after the other; the same stage twice in a row is one."""
    now = 0.0
    with patch("time.perf_counter", lambda: now):
        watch = Stopwatch(now)
        for seconds, lap in steps:
            now += seconds
            if lap is None:
                watch.leave_out()
            else:
                watch.lap(*lap)

    for before, after in zip(watch.stages, watch.stages[1:], strict=False):
        assert before.began_s + before.took_s <= after.began_s
        assert before.name != after.name


def test_first_lap_counts_from_the_start() -> None:
    """What is done first is no less work."""
    with patch("time.perf_counter", return_value=7.0):
        watch = Stopwatch(5.0)
        watch.lap("embed")

        assert watch.read() == pytest.approx({"embed": 2000, "total": 2000})
