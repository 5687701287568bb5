"""rooms/bots/thinking.py: slow, endless and broken thoughts, and the loop that goes on meanwhile."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from rooms.bots.thinking import STUCK, BadThought, Thinkers, TooManyStuck, TooSlow
from tests.rooms.bots.script import until


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    """Ends the threads that a test leaves waiting in C, where no exception reaches them."""
    event = threading.Event()
    yield event
    event.set()


def endless() -> None:
    n = 0
    while True:
        n += 1


def stubborn() -> None:
    while True:
        try:
            endless()
        except Exception:
            continue


def living() -> int:
    return sum(1 for thread in threading.enumerate() if thread.name == "bot thinker")


async def test_an_answer_comes_back() -> None:
    thinkers = Thinkers()
    assert await thinkers.think(lambda: 1 + 1) == 2
    thinkers.close()
    await until(lambda: living() == 0)


async def test_threads_are_used_again() -> None:
    thinkers = Thinkers(threads=1)
    names = {await thinkers.think(threading.get_ident) for _ in range(5)}
    assert len(names) == 1
    thinkers.close()


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), StopIteration(), KeyboardInterrupt()])
async def test_whatever_is_raised_is_a_bad_thought(error: BaseException) -> None:
    def broken() -> None:
        raise error

    thinkers = Thinkers(threads=1)
    with pytest.raises(BadThought) as caught:
        await thinkers.think(broken)
    assert caught.value.__cause__ is error
    assert await thinkers.think(lambda: "next") == "next"
    thinkers.close()


@pytest.mark.parametrize("thought", [endless, stubborn])
async def test_an_endless_loop_is_interrupted(thought: object) -> None:
    thinkers = Thinkers(threads=1, limit_s=0.1)
    with pytest.raises(TooSlow):
        await thinkers.think(thought)  # type: ignore[arg-type]
    await until(lambda: living() == 0)
    assert await thinkers.think(lambda: "next") == "next"
    thinkers.close()


async def test_the_loop_goes_on_while_a_bot_thinks() -> None:
    thinkers = Thinkers(threads=1)
    thinking = asyncio.create_task(thinkers.think(lambda: time.sleep(0.2)))
    beats = 0
    while not thinking.done():
        await asyncio.sleep(0.01)
        beats += 1
    assert beats >= 5
    thinkers.close()


async def test_only_so_many_think_at_once() -> None:
    now, most = [0], [0]

    def thought() -> None:
        now[0] += 1
        most[0] = max(most[0], now[0])
        time.sleep(0.02)
        now[0] -= 1

    thinkers = Thinkers(threads=2)
    await asyncio.gather(*(thinkers.think(thought) for _ in range(8)))
    assert most[0] <= 2
    thinkers.close()


async def test_who_stops_waiting_takes_no_thread_away() -> None:
    thinkers = Thinkers(threads=1)
    thinking = asyncio.create_task(thinkers.think(endless))
    await asyncio.sleep(0.05)
    thinking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await thinking
    assert await asyncio.wait_for(thinkers.think(lambda: "next"), 5) == "next"
    thinkers.close()
    await until(lambda: living() == 0)


async def test_too_many_that_cannot_be_stopped_end_the_process(stop: threading.Event) -> None:
    thinkers = Thinkers(threads=1, limit_s=0.02)
    for _ in range(STUCK + 1):
        with pytest.raises(TooSlow):
            await thinkers.think(lambda: stop.wait(30))
    with pytest.raises(TooManyStuck):
        await thinkers.think(lambda: None)
    stop.set()
    await until(lambda: living() == 0)
    assert await thinkers.think(lambda: "well again") == "well again"
    thinkers.close()
