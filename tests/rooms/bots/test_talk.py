"""rooms/bots/talk.py: what is said in which order. Over sockets: test_client.py."""

from __future__ import annotations

from typing import Any

import pytest

from rooms.bots.errors import Ended
from rooms.bots.link import Address, Means
from rooms.bots.talk import PASSING, Talk
from rooms.core.inputs import JSON
from rooms.protocol import client as say
from rooms.protocol.codec import dump, parse_client
from rooms.protocol.server import Delta
from tests.rooms.bots.script import welcome


@pytest.fixture
async def talk() -> Talk:
    return Talk(Address("ws://there/", dict, "holdfast.v1.json", JSON), "auto", Means(clock=lambda: 7.0))


def said(talk: Talk) -> list[Any]:
    messages = []
    while (raw := talk.next()) is not None:
        messages.append(parse_client(raw, JSON))
    return messages


def hear(talk: Talk, *messages: object) -> None:
    for message in messages:
        talk.heard(dump(message, JSON))


async def test_nothing_follows_the_hello_before_the_welcome(talk: Talk) -> None:
    talk.put(say.Start)
    talk.ping()
    assert parse_client(talk.hello(), JSON) == say.Hello("auto")
    assert said(talk) == []
    hear(talk, welcome())
    assert said(talk) == [say.Ping(1, 7.0), say.Start(1)]


async def test_what_only_passes_is_lost_with_the_connection(talk: Talk) -> None:
    hear(talk, welcome(offset=4))
    talk.put(say.Start)
    assert said(talk) == [say.Start(1)]
    talk.ping()
    talk.dropped()
    assert parse_client(talk.hello(), JSON) == say.Hello("auto", "first", 4)
    hear(talk, welcome(recovered=True, offset=4))
    assert said(talk) == [say.Start(1)]


async def test_what_passes_is_bounded(talk: Talk) -> None:
    hear(talk, welcome())
    for _ in range(PASSING + 5):
        talk.ping()
    assert [ping.n for ping in said(talk)] == list(range(6, PASSING + 6))


async def test_a_delta_that_does_not_fit_is_asked_about(talk: Talk) -> None:
    hear(talk, welcome(offset=2), Delta(9, [3, [7]]))
    assert said(talk) == [say.Resync(2)]


async def test_nothing_is_said_after_the_end(talk: Talk) -> None:
    hear(talk, welcome())
    talk.hearing.end(Ended(4510, "over"))
    with pytest.raises(Ended):
        talk.put(say.Start)
