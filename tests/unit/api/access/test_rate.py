"""No client does more than its share, however it spreads its requests."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from briefqa.api.access import rate
from briefqa.api.access.rate import RateLimiter

_CLIENTS = ["alice", "bob", "@127.0.0.1"]


class _Clock:
    """Tells the time that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


# Tokens that come back within less than a second.
@example(per_minute=70, asked=[(0.0, "alice")] * 80)
@given(
    per_minute=st.integers(1, 200),
    asked=st.lists(st.tuples(st.floats(0, 90), st.sampled_from(_CLIENTS)), max_size=80),
)
def test_no_stretch_of_time_has_more_than_the_burst_and_the_rate(
    per_minute: int, asked: list[tuple[float, str]]
) -> None:
    """Between any two moments: what a full bucket holds, and what flows in meanwhile."""
    clock = _Clock()
    limiter = RateLimiter(per_minute, clock=clock)
    let_in: dict[str, list[float]] = {client: [] for client in _CLIENTS}
    for wait_s, client in asked:
        clock.now += wait_s
        if limiter.take(client) == 0:
            let_in[client].append(clock.now)

    for times in let_in.values():
        for first, start in enumerate(times):
            for last in range(first, len(times)):
                most = per_minute + per_minute * (times[last] - start) / 60
                assert last - first + 1 <= most + 1e-6


@given(
    per_minute=st.integers(1, 200),
    asked=st.lists(st.floats(0, 30), min_size=1, max_size=300),
)
@example(per_minute=1, asked=[0.0, 0.0, 1.7220072407738272, 0.0])
def test_whoever_waits_as_told_is_let_in_and_not_a_second_earlier_told(
    per_minute: int, asked: list[float]
) -> None:
    """Retry-After is a promise: long enough, and by less than a second too long."""
    clock = _Clock()
    limiter = RateLimiter(per_minute, clock=clock)
    for wait_s in asked:
        clock.now += wait_s
        told_s = limiter.take("alice")
        if told_s:
            assert 1 <= told_s <= 60
            clock.now += told_s - 1 - 1e-3
            assert limiter.take("alice") > 0
            clock.now += 1 + 1e-3
            assert limiter.take("alice") == 0


@settings(max_examples=30)
@given(gaps=st.lists(st.floats(0, 0.5), min_size=50, max_size=200))
def test_whoever_keeps_to_the_rate_is_never_refused(gaps: list[float]) -> None:
    """A limit that also hits those within it is of no use."""
    clock = _Clock()
    limiter = RateLimiter(60, clock=clock)
    for gap in gaps:
        clock.now += 1 + gap
        assert limiter.take("alice") == 0


def test_clients_do_not_eat_into_each_other() -> None:
    """One program in a loop does not lock out everybody else."""
    limiter = RateLimiter(5, clock=_Clock())
    assert [limiter.take("alice") > 0 for _ in range(6)] == [False] * 5 + [True]

    assert limiter.take("bob") == 0


def test_memory_is_bounded_and_nobody_gains_by_that() -> None:
    """Whoever has any number of addresses fills no memory, and makes nobody forgotten."""
    clock = _Clock()
    limiter = RateLimiter(2, clock=clock)
    limiter.take("alice")
    limiter.take("alice")
    let_in = sum(limiter.take(f"@{number}") == 0 for number in range(rate.MOST_CLIENTS + 500))

    assert len(limiter) <= rate.MOST_CLIENTS + 1
    assert let_in == rate.MOST_CLIENTS - 1 + 2
    assert limiter.take("alice") > 0
    clock.now += 60
    assert limiter.take("@new") == 0
    assert len(limiter) == 1
