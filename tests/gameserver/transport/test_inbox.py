"""What waits for an application."""

from __future__ import annotations

import asyncio

import pytest

from gameserver.transport.inbox import INBOX, Inbox

GONE = {"type": "websocket.disconnect", "code": 1000, "reason": ""}


def recorded() -> tuple[Inbox, list[str]]:
    said: list[str] = []
    return Inbox(lambda: said.append("pause"), lambda: said.append("resume")), said


async def test_messages_are_events_by_their_kind_in_order_with_the_end_last() -> None:
    inbox, _ = recorded()
    inbox.hear("")
    inbox.hear(b"x")
    inbox.tell(GONE)
    assert [await inbox.receive() for _ in range(3)] == [
        {"type": "websocket.receive", "text": ""},
        {"type": "websocket.receive", "bytes": b"x"},
        GONE,
    ]


async def test_a_full_one_holds_the_peer_up_until_half_is_taken() -> None:
    inbox, said = recorded()
    for number in range(INBOX):
        inbox.hear(str(number))
    assert said == []
    inbox.hear("one more")
    inbox.hear("and another")
    assert said == ["pause"]
    for _ in range(INBOX // 2 + 1):
        await inbox.receive()
    assert said == ["pause"]
    await inbox.receive()
    await inbox.receive()
    assert said == ["pause", "resume"]


async def test_messages_are_taken_out_and_what_is_none_stays() -> None:
    inbox, said = recorded()
    inbox.tell({"type": "websocket.connect"})
    for number in range(INBOX + 1):
        inbox.hear(str(number))
    assert inbox.take_messages() == [str(number) for number in range(INBOX + 1)]
    assert said == ["pause", "resume"]
    assert await inbox.receive() == {"type": "websocket.connect"}


async def test_who_waits_is_woken_one_for_each_event() -> None:
    inbox, _ = recorded()
    waiting = [asyncio.create_task(inbox.receive()) for _ in range(3)]
    await asyncio.sleep(0)
    inbox.hear("one")
    inbox.hear("two")
    inbox.tell(GONE)
    texts = [event.get("text") for event in await asyncio.gather(*waiting)]
    assert texts == ["one", "two", None]


async def test_a_turn_that_is_cancelled_goes_to_the_next() -> None:
    inbox, _ = recorded()
    first, second, third = (asyncio.create_task(inbox.receive()) for _ in range(3))
    await asyncio.sleep(0)
    first.cancel()  # while it waits
    await asyncio.sleep(0)
    inbox.hear("one")
    second.cancel()  # when it was its turn
    with pytest.raises(asyncio.CancelledError):
        await second
    assert (await asyncio.wait_for(third, 5))["text"] == "one"
    inbox.hear("two")
    assert (await inbox.receive())["text"] == "two"
