"""So many answers at once, the next in order, and none lost."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect
from starlette.types import Message

from briefqa.api.limiting import Slots
from briefqa.errors import BusyError, StoppingError


async def _staying() -> Message:
    await asyncio.sleep(3_600)
    raise AssertionError


def _leaving(after_s: float) -> Callable[[], Awaitable[Message]]:
    async def receive() -> Message:
        await asyncio.sleep(after_s)
        return {"type": "http.disconnect"}

    return receive


def _slots(at_once: int = 1, waiting: int = 100, wait_s: float = 30) -> Slots:
    return Slots(at_once=at_once, waiting=waiting, wait_s=wait_s)


@settings(max_examples=30)
@given(at_once=st.integers(1, 4), clients=st.integers(1, 40), seed=st.integers(0, 2**16))
def test_no_more_than_so_many_at_once_and_all_free_again(
    at_once: int, clients: int, seed: int
) -> None:
    """Whatever clients do: leave while they wait, fail, are cancelled, or have to wait too long."""
    chance = random.Random(seed)  # noqa: S311 - a schedule, no secret
    slots = _slots(at_once, waiting=clients // 2, wait_s=0.01)
    inside: list[int] = []
    seen: list[int] = []

    async def client(number: int) -> None:
        await asyncio.sleep(chance.random() / 200)
        receive = chance.choice([_staying, _leaving(chance.random() / 100)])
        async with slots.taken(receive):
            inside.append(number)
            seen.append(len(inside))
            try:
                await asyncio.sleep(chance.random() / 200)
                if chance.random() < 0.2:
                    raise ZeroDivisionError
            finally:
                inside.remove(number)

    async def run() -> list[BaseException | None]:
        tasks = [asyncio.create_task(client(number)) for number in range(clients)]
        for task in chance.sample(tasks, clients // 4):
            asyncio.get_running_loop().call_later(chance.random() / 100, task.cancel)
        return await asyncio.gather(*tasks, return_exceptions=True)

    ends = asyncio.run(run())

    assert max(seen, default=0) <= at_once
    assert (slots.under_way, slots.waiting) == (0, 0)
    expected = BusyError, ClientDisconnect, ZeroDivisionError, asyncio.CancelledError
    assert all(each is None or isinstance(each, expected) for each in ends)


def test_turns_are_taken_in_order() -> None:
    """Whoever asked first is answered first."""
    slots, order = _slots(), []

    async def client(number: int) -> None:
        async with slots.taken(_staying):
            order.append(number)
            await asyncio.sleep(0)

    async def run() -> None:
        await asyncio.gather(*(client(number) for number in range(20)))

    asyncio.run(run())

    assert order == list(range(20))


def test_whoever_finds_the_queue_full_is_sent_away_at_once() -> None:
    """It is told when to come again, and not kept waiting for nothing."""

    async def run() -> tuple[int, int | None]:
        slots = _slots(waiting=1)
        async with slots.taken(_staying):
            waiting = asyncio.create_task(_take(slots))
            await asyncio.sleep(0)
            counted = slots.waiting
            with pytest.raises(BusyError, match="1 answers are under way and 1 wait") as caught:
                await _take(slots)
        await waiting
        return counted, caught.value.retry_after_s

    assert asyncio.run(run()) == (1, 2)


def test_whoever_waits_too_long_is_sent_away() -> None:
    """A queue that does not move must not fill for ever."""

    async def run() -> int:
        slots = _slots(wait_s=0.02)
        async with slots.taken(_staying):
            with pytest.raises(BusyError, match="no place among 1 answers"):
                await _take(slots)
            return slots.waiting

    assert asyncio.run(run()) == 0


def test_whoever_leaves_gives_up_the_turn() -> None:
    """Nobody waits behind one who is gone."""

    async def run() -> int:
        slots = _slots()
        async with slots.taken(_staying):
            with pytest.raises(ClientDisconnect):
                async with slots.taken(_leaving(0.01)):
                    pytest.fail("it had left")
            return slots.waiting

    assert asyncio.run(run()) == 0


def test_stop_sends_away_those_that_wait_and_those_that_come() -> None:
    """What is under way may end; nothing else begins."""

    async def run() -> None:
        slots = _slots()
        async with slots.taken(_staying):
            waiting = [asyncio.create_task(_take(slots)) for _ in range(5)]
            await asyncio.sleep(0.01)
            slots.stop(5)
            ends = await asyncio.gather(*waiting, return_exceptions=True)
            with pytest.raises(StoppingError):
                await _take(slots)
        assert [type(each) for each in ends] == [StoppingError] * 5
        assert (slots.under_way, slots.waiting) == (0, 0)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("took", "waiting", "expected"),
    [
        ([], 0, 1),  # nothing known yet
        ([0.01] * 9, 0, 1),  # at least a second
        ([4.0] * 9, 0, 2),  # two at once, so that one is done after half the time
        ([4.0] * 9, 3, 8),  # three are before it
        ([2.0, 6.0], 3, 8),
        ([4.0] * 9, 99, 120),  # nobody is told to come again tomorrow
    ],
)
def test_time_to_come_again_is_that_of_those_before(
    took: list[float], waiting: int, expected: int
) -> None:
    """Clients that believe it come when there is room, and not all at once before."""
    now = 0.0
    slots = Slots(at_once=2, waiting=200, wait_s=30, clock=lambda: now)

    async def run() -> int:
        nonlocal now
        for seconds in took:
            async with slots.taken(_staying):
                now += seconds
        async with slots.taken(_staying), slots.taken(_staying):
            tasks = [asyncio.create_task(_take(slots)) for _ in range(waiting)]
            await asyncio.sleep(0)
            found = slots.retry_after_s
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return found

    assert asyncio.run(run()) == expected


async def _take(slots: Slots) -> None:
    async with slots.taken(_staying):
        pass
