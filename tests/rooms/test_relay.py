"""Relays: what is allowed, how it travels over both channel layers, membership after trouble, and the bound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from channels.layers import InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

from rooms import relay as relays
from rooms.core.ids import RoomId, SocketId
from rooms.core.inputs import JSON, MSGPACK, Wire
from rooms.games import get_rules
from rooms.protocol import client, codec, server
from rooms.relay import Layer, Relay, RelayGroup, RelayRefused, check, encode
from tests.support.waiting import until

ROOM, OTHER = RoomId("r" * 22), RoomId("o" * 22)
RULES = get_rules("tictactoe")


def asked(body: Any, kind: str = "emote", wire: Wire = JSON) -> client.Relay:
    message = codec.parse_client(codec.dump({"t": "relay", "kind": kind, "body": body}, wire), wire)
    assert isinstance(message, client.Relay)
    return message


def made(text: str = "gg", room: RoomId = ROOM) -> Relay:
    return encode(room, SocketId("s"), 2, "emote", {"emote": text})


def sent(group: RelayGroup, relay: Relay) -> bool:
    """Send it; True, so that a wait may send again until something arrives."""
    group.send(relay)
    return True


# -- what is allowed


@pytest.mark.parametrize("wire", [JSON, MSGPACK])
@pytest.mark.parametrize("emote", ["wave", "gg", "wow", "oops", "nice", "hurry"])
def test_everybody_may_send_the_emotes(emote: str, wire: Wire) -> None:
    body = check(asked({"emote": emote}, wire=wire), RULES, wire)
    assert body.emote == emote


@pytest.mark.parametrize("body", [{"emote": "curse"}, {}, {"emote": "gg", "more": 1}, "gg", None])
def test_other_bodies_are_refused(body: Any) -> None:
    with pytest.raises(RelayRefused) as refused:
        check(asked(body), RULES, JSON)
    assert refused.value.code == "bad_relay"


def test_a_kind_the_game_does_not_declare_is_refused_with_those_it_does() -> None:
    with pytest.raises(RelayRefused, match="emote"):
        check(asked({}, kind="controls"), RULES, JSON)


def test_a_kind_the_game_declares_is_held_to_its_struct() -> None:
    arena = get_rules("arena")
    kind, shape = next(iter(arena.relays.items()))
    with pytest.raises(RelayRefused):
        check(asked({"nonsense": 1}, kind=kind), arena, JSON)
    assert shape is not None


def test_a_large_body_is_refused() -> None:
    with pytest.raises(RelayRefused, match="512"):
        check(asked({"emote": "x" * 600}), RULES, JSON)


def test_a_relay_is_encoded_once_for_each_wire() -> None:
    ours = made()
    for wire in (JSON, MSGPACK):
        assert codec.parse_server(ours.payload(wire), wire) == server.Relayed(2, "emote", {"emote": "gg"})


# -- how it travels


@asynccontextmanager
async def hub_of(layer: Any) -> AsyncIterator[tuple[RelayGroup, list[Relay]]]:
    heard: list[Relay] = []
    group = RelayGroup(cast(Layer, layer), heard.append)
    task = asyncio.create_task(group.run())
    yield group, heard
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(params=["memory", "redis"])
async def layers(request: pytest.FixtureRequest) -> AsyncIterator[Callable[[], Any]]:
    """Gives the layer of one process after the other: one shared in memory, or one each over a real Valkey."""
    if request.param == "memory":
        shared = InMemoryChannelLayer()
        yield lambda: shared
        return
    url = request.getfixturevalue("valkey_url")
    opened: list[RedisPubSubChannelLayer] = []

    def another() -> RedisPubSubChannelLayer:
        opened.append(RedisPubSubChannelLayer(hosts=[{"address": url}]))
        return opened[-1]

    yield another
    for layer in opened:
        await layer.flush()


async def test_relays_reach_every_hub_in_the_room_and_no_other(layers: Callable[[], Any]) -> None:
    async with hub_of(layers()) as (one, here), hub_of(layers()) as (two, there), hub_of(layers()) as (three, else_):
        one.enter(ROOM)
        two.enter(ROOM)
        three.enter(OTHER)

        def arrived() -> bool:
            one.send(made())
            return bool(here and there)

        await until(arrived)
        assert here[0] == there[0] == made()
        assert else_ == []


async def test_after_leaving_nothing_comes(layers: Callable[[], Any]) -> None:
    async with hub_of(layers()) as (one, here), hub_of(layers()) as (two, there):
        one.enter(ROOM)
        two.enter(ROOM)
        await until(lambda: sent(one, made()) and there)
        two.leave(ROOM)
        await until(lambda: not two._joined)
        count = len(there)
        one.send(made("wow"))
        await until(lambda: any(b"wow" in relay.json for relay in here))
        assert not any(b"wow" in relay.json for relay in there[count:])


class Flaky:
    """A layer that fails, and forgets its members, when told to."""

    def __init__(self) -> None:
        self.inner = InMemoryChannelLayer()
        self.down = False

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.inner, name)

        async def call(*args: Any) -> Any:
            if self.down and name.startswith("group"):
                raise ConnectionError("no layer")
            return await method(*args)

        return call


async def test_membership_is_asked_for_again_after_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "RETRY_S", 0.01)
    layer = Flaky()
    async with hub_of(layer) as (one, here):
        one.enter(ROOM)
        await until(lambda: one._joined)
        layer.down = True
        one.send(made())
        await until(lambda: not one._joined)
        layer.inner.groups.clear()
        layer.down = False
        await until(lambda: sent(one, made("nice")) and here)


async def test_membership_is_renewed_before_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relays, "REFRESH_S", 0.02)
    layer = InMemoryChannelLayer()
    async with hub_of(layer) as (one, here):
        one.enter(ROOM)
        await until(lambda: layer.groups)
        layer.groups.clear()
        await until(lambda: layer.groups)
        one.send(made())
        await until(lambda: here)


async def test_what_cannot_be_sent_in_time_is_dropped_oldest_first() -> None:
    group = RelayGroup(cast(Layer, InMemoryChannelLayer()), lambda relay: None)
    for number in range(relays.MOST_WAITING + 5):
        group.send(Relay(ROOM, SocketId(str(number)), b"", b""))
    assert len(group._outbox) == relays.MOST_WAITING
    assert group._outbox[0].sender == "5"
