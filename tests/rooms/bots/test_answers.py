"""rooms/bots/answers.py: who hears what about which input."""

from __future__ import annotations

import asyncio

import pytest

from rooms.bots.answers import Answers
from rooms.bots.errors import Ended, Forgotten, Refused

NO = Refused("taken", "That cell is taken.")


def ask(answers: Answers, number: int) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(answers.wait(answers.put(lambda seq: b"%d" % seq))) for _ in range(number)]


async def settled(*tasks: asyncio.Task[None]) -> list[object]:
    """None for what counted, the exception for what did not, "waits" for what is open."""
    for _ in range(3):
        await asyncio.sleep(0)
    return [(task.exception() if task.done() else "waits") for task in tasks]


async def test_an_ack_answers_everything_up_to_it() -> None:
    answers = Answers()
    tasks = ask(answers, 3)
    await asyncio.sleep(0)
    answers.count(2)
    assert await settled(*tasks) == [None, None, "waits"]
    answers.end(Ended(1000, ""))
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_refusal_before_its_ack_is_one() -> None:
    answers = Answers()
    refused, well = ask(answers, 2)
    await asyncio.sleep(0)
    answers.refuse(1, NO)
    answers.count(2)
    assert await settled(refused, well) == [NO, None]
    assert len(answers.outbox) == 0


async def test_a_reconnect_answers_at_once() -> None:
    answers = Answers()
    first, second = ask(answers, 2)
    await asyncio.sleep(0)
    answers.reconnect(1)
    assert await settled(first, second) == [None, "waits"]
    assert answers.next() == b"2"
    answers.restart(0)
    assert isinstance((await settled(second))[0], Forgotten)


async def test_the_end_reaches_everyone() -> None:
    answers = Answers()
    tasks = ask(answers, 2)
    await asyncio.sleep(0)
    answers.end(Ended(4510, "over"))
    assert [str(error) for error in await settled(*tasks)] == ["4510: over"] * 2


async def test_who_stops_waiting_is_forgotten() -> None:
    answers = Answers()
    [task] = ask(answers, 1)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    answers.count(1)
    assert len(answers.outbox) == 0
