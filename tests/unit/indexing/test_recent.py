"""What was looked up lately is what would be looked up now."""

import gc
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from briefqa.indexing.recent import Recent

_KEYS = st.lists(st.integers(0, 30), max_size=12)


@dataclass(frozen=True)
class _Value:
    key: int


@given(asked=st.lists(_KEYS), most=st.integers(0, 20))
def test_same_as_looked_up_and_no_more_kept_than_said(asked: list[list[int]], most: int) -> None:
    """A question must not get what belongs to another, however many came before it."""
    alive: list[ref[_Value]] = []

    def look_up(keys: Sequence[int]) -> dict[int, _Value]:
        found = {key: _Value(key) for key in keys}
        alive.extend(ref(value) for value in found.values())
        return found

    recent = Recent[int, _Value](most)
    largest = 0
    for keys in asked:
        assert [value.key for value in recent.of(keys, look_up)] == keys
        # As many as may be kept, and those of one call.
        largest = max(largest, len(set(keys)))
        assert sum(each() is not None for each in alive) <= most + largest
        before = len(alive)
        assert [value.key for value in recent.of(keys, look_up)] == keys
        assert len(alive) == before


def test_what_is_not_there_is_told_each_time() -> None:
    """A missing chunk is damage, and not only when it is first met."""
    recent = Recent[int, int](5)

    def but_zero(keys: Sequence[int]) -> dict[int, int]:
        return {key: key for key in keys if key}

    for _ in range(2):
        with pytest.raises(KeyError, match="0"):
            recent.of([1, 0], but_zero)
    assert recent.of([1], but_zero) == [1]


def test_what_looks_up_is_not_held() -> None:
    """Else its owner, and each file that it has open, would stay until garbage is looked for."""

    class Owner:
        def __init__(self) -> None:
            self.recent = Recent[int, int](5)

        def square(self, key: int) -> int:
            return key * key

    owner = Owner()
    gone = ref(owner)
    gc.disable()
    try:
        assert owner.recent.one(3, owner.square) == owner.square(3)
        del owner
        assert gone() is None
    finally:
        gc.enable()


def test_threads_get_what_they_asked_for() -> None:
    """What one of them has just made sure of must not go while another makes room."""
    recent = Recent[int, int](20)

    def squares(keys: Sequence[int]) -> dict[int, int]:
        return {key: key * key for key in keys}

    def look(start: int) -> bool:
        keys = [(start * 7 + step) % 60 for step in range(15)]
        return recent.of(keys, squares) == [key * key for key in keys]

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(look, range(4000)))
    finally:
        sys.setswitchinterval(before)
