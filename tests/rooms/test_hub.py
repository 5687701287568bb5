"""The hub between real Valkey and remembered sockets, with an engine that does what each test tells it."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
import redis.asyncio
from channels.layers import InMemoryChannelLayer

from rooms import hub as hubs
from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import JSON, Attach, ChatBody, Command, Detach, Player, Resume, Resync, RollCall, StartBody, Wire
from rooms.hub import Hub
from rooms.link import SLOW_BYTES, Link
from rooms.protocol import codec, server
from rooms.protocol.bus import SHARED, Broadcast, Direct, ViewFrame
from rooms.relay import Layer, encode
from rooms.store import Store, StoreUnavailable
from rooms.store.keys import PARCELS
from tests.rooms.test_brake import Stoppable
from tests.support.scripted import SHARDS, ScriptedEngine, box, some_room, welcome_of
from tests.support.sockets import Ear
from tests.support.valkey import ValkeyServer
from tests.support.waiting import until

ANN, BOB = Player(PlayerId("g-ann"), "Ann"), Player(PlayerId("g-bob"), "Bob")


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    ours = Store(valkey_url, SHARDS)
    yield ours
    await ours.aclose()


@pytest.fixture
async def engine(store: Store) -> ScriptedEngine:
    ours = ScriptedEngine(store)
    await ours.start()
    return ours


@pytest.fixture
async def hub(store: Store) -> AsyncIterator[Hub]:
    ours = Hub(store, cast(Layer, InMemoryChannelLayer()), ttl_ms=2000)
    ours.start()
    yield ours
    await ours.aclose(0.2)


def arrive(hub: Hub, room: RoomId, who: Player = ANN, wire: Wire = JSON) -> tuple[Link, Ear]:
    """A socket that has said hello."""
    ear = Ear(wire)
    link = Link(room, who, wire, ear)
    hub.join(link)
    return link, ear


async def settle(hub: Hub, engine: ScriptedEngine, room: RoomId, who: Player = ANN) -> tuple[Link, Ear]:
    """A socket that is welcome."""
    link, ear = arrive(hub, room, who)
    attach = await engine.next_of(Attach)
    await engine.welcome(attach, room)
    await until(lambda: link.view is not None)
    ear.raw.clear()
    return link, ear


async def test_a_socket_attaches_is_welcomed_and_sees_what_is_committed(hub: Hub, engine: ScriptedEngine) -> None:
    room = some_room(engine.store)
    link, ear = arrive(hub, room)
    attach = await engine.next_of(Attach)
    assert (attach.socket, attach.web, attach.player, attach.wire) == (link.id, hub.web, ANN, JSON)
    await engine.deliver(hub.web, box(room, 1, directs=[Direct(link.id, welcome_of(attach, room), SHARED, 0)]))
    frame = b'{"t":"frame","tick":2,"ms":0,"base":1}'
    await engine.deliver(hub.web, box(room, 2, frames=[ViewFrame(SHARED, JSON, 1, frame)]))
    await until(lambda: len(ear.raw) == 2)
    assert ear.raw == [welcome_of(attach, room), frame]


async def test_a_socket_that_leaves_is_detached_once(hub: Hub, engine: ScriptedEngine) -> None:
    link, _ = await settle(hub, engine, some_room(engine.store))
    hub.leave(link)
    hub.leave(link)
    assert await engine.next_of(Detach) == Detach(link.id)
    with pytest.raises(TimeoutError):
        await engine.next_of(Detach, 0.2)


async def test_the_web_process_is_known_while_it_lives(hub: Hub, engine: ScriptedEngine) -> None:
    await settle(hub, engine, some_room(engine.store))
    assert hub.web in await engine.store.living_webs()
    await hub.aclose()
    assert hub.web not in await engine.store.living_webs()
    assert hub.web not in await engine.store.lapsed_webs()


async def test_the_order_of_a_players_inputs_is_kept(hub: Hub, engine: ScriptedEngine) -> None:
    link, _ = await settle(hub, engine, some_room(engine.store))
    for seq in range(1, 50):
        hub.command(link, Command(link.id, ANN.id, seq, StartBody()))
        if seq % 7 == 0:
            await asyncio.sleep(0.005)
    assert [(await engine.next_of(Command)).seq for _ in range(1, 50)] == list(range(1, 50))


async def test_what_is_for_a_room_without_sockets_is_dropped(hub: Hub, engine: ScriptedEngine) -> None:
    room = some_room(engine.store)
    _, ear = await settle(hub, engine, room)
    other = some_room(engine.store, engine.store.shard_of(room))
    event = Broadcast(2, None, None, JSON, b'{"t":"event","offset":2,"kind":"x"}')
    await engine.deliver(hub.web, box(other, 2, events=[event]), box(room, 2, events=[event]))
    await until(lambda: ear.raw)
    assert len(ear.raw) == 1


# -- sockets that are gone, and the room does not know


async def test_a_room_that_holds_sockets_of_ours_which_are_gone_is_told_who_is_here(
    hub: Hub, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rooms.rollcall.WAIT_S", 0.2)
    room, empty = some_room(engine.store), some_room(engine.store)
    link, _ = await settle(hub, engine, room)
    for odd, here in ((room, (link.id,)), (empty, ())):
        await engine.deliver(hub.web, msgspec.structs.replace(box(odd, 2), sockets=len(here) + 1))
        roll = await engine.next_of(RollCall)
        assert (roll.web, roll.here) == (hub.web, here)
    await engine.deliver(hub.web, msgspec.structs.replace(box(room, 3), sockets=1), box(room, 4))
    with pytest.raises(TimeoutError):
        await engine.next_of(RollCall, 0.6)


async def test_a_room_that_was_left_shortly_before_the_connection_was_lost_is_called(
    hub: Hub, engine: ScriptedEngine, valkey: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rooms.rollcall.WAIT_S", 0.2)
    link, _ = await settle(hub, engine, some_room(engine.store))
    hub.leave(link)
    await engine.next_of(Detach)
    await valkey.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    assert (await engine.next_of(RollCall)).here == ()


# -- losses


async def test_a_hole_in_the_parcels_asks_for_a_welcome_from_before_it(
    hub: Hub, engine: ScriptedEngine, valkey: redis.asyncio.Redis
) -> None:
    room = some_room(engine.store)
    link, _ = await settle(hub, engine, room)
    await engine.deliver(hub.web, box(room, 4))
    await until(lambda: link.offset == 4)
    await valkey.hincrby(f"hf:{{s{engine.store.shard_of(room):02d}}}:out", hub.web, 1)  # as if one had been lost
    await engine.deliver(hub.web, box(room, 6))
    assert await engine.next_of(Resync) == Resync(link.id, Resume("first", 4))
    assert link.offset == 4


async def test_a_lost_connection_asks_for_every_socket(
    hub: Hub, engine: ScriptedEngine, valkey: redis.asyncio.Redis
) -> None:
    links = [(await settle(hub, engine, some_room(engine.store)))[0] for _ in range(3)]
    await valkey.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    asked = {(await engine.next_of(Resync)).socket for _ in links}
    assert asked == {link.id for link in links}


async def test_a_socket_whose_base_nobody_has_is_welcomed_again(hub: Hub, engine: ScriptedEngine) -> None:
    room = some_room(engine.store)
    link, ear = await settle(hub, engine, room)
    await engine.deliver(hub.web, box(room, 9, frames=[ViewFrame(SHARED, JSON, 8, b'"delta"')]))
    assert (await engine.next_of(Resync)).socket == link.id
    assert ear.raw == []


async def test_a_client_may_ask_for_a_welcome_itself(hub: Hub, engine: ScriptedEngine) -> None:
    link, _ = await settle(hub, engine, some_room(engine.store))
    hub.resync(link, 0)
    assert await engine.next_of(Resync) == Resync(link.id, Resume("first", 0))


async def test_a_client_that_asks_and_asks_fills_no_line(hub: Hub, engine: ScriptedEngine) -> None:
    link, _ = await settle(hub, engine, some_room(engine.store))
    for offset in range(50):
        hub.resync(link, offset)
    assert hub._appender.waiting == 1
    assert (await engine.next_of(Resync)).socket == link.id


class Beats:
    """The store, with a heartbeat that can be held up."""

    def __init__(self, store: Store) -> None:
        self._store, self.held, self.beaten = store, False, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def beat_web(self, *args: Any) -> None:
        if self.held:
            raise StoreUnavailable("held up")
        self.beaten = asyncio.get_running_loop().time()
        await self._store.beat_web(*args)


async def test_a_heartbeat_that_came_too_late_brings_all_back_under_a_new_id(engine: ScriptedEngine) -> None:
    beats = Beats(engine.store)
    hub = Hub(cast(Any, beats), cast(Layer, InMemoryChannelLayer()), ttl_ms=400)
    hub.start()
    room = some_room(engine.store)
    link, ear = await settle(hub, engine, room)
    old = hub.web
    beats.held = True
    await until(lambda: asyncio.get_running_loop().time() > beats.beaten + 0.4, why="its time to live is over")
    beats.held = False
    attach = await engine.next_of(Attach)
    assert (attach.socket, attach.resume) == (link.id, Resume("first", 1))
    assert attach.web == hub.web != old
    await engine.welcome(attach, room, 3)
    await until(lambda: any(isinstance(message, server.Welcome) for message in ear.heard))
    await hub.aclose(0.2)


# -- waiting


async def test_without_an_engine_the_client_is_told_and_waits(
    hub: Hub, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "PATIENCE_S", 0.2)
    monkeypatch.setattr(hubs, "SWEEP_S", 0.02)
    room = some_room(engine.store)
    await engine.put_card(room)
    link, ear = arrive(hub, room)
    await until(lambda: ear.heard == [server.Status("degraded", hubs.WAITING_TEXT)])
    await engine.next_of(Attach)
    again = await engine.next_of(Attach)
    assert again.socket == link.id
    await engine.welcome(again, room)
    await until(lambda: link.view is not None)
    assert ear.heard[1] == server.Status("ok")
    assert isinstance(ear.heard[2], server.Welcome)
    assert ear.closed is None


async def test_a_room_that_is_gone_says_goodbye_to_those_who_wait(
    hub: Hub, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "PATIENCE_S", 0.1)
    room = some_room(engine.store)
    await engine.put_card(room)
    link, ear = await settle(hub, engine, room)
    await engine.close_room(room)
    hub.resync(link, 0)
    await until(lambda: ear.closed is not None)
    assert ear.closed is not None
    assert ear.closed[0] == 4504


async def test_when_too_much_waits_to_be_written_the_socket_is_closed(
    hub: Hub, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rooms.appender.MOST_COMMANDS", 0)
    link, ear = await settle(hub, engine, some_room(engine.store))
    hub.command(link, Command(link.id, ANN.id, 1, StartBody()))
    assert ear.closed is not None
    assert ear.closed[0] == 4413


async def test_who_speaks_faster_than_the_log_takes_it_is_held_up_and_keeps_the_socket(
    hub: Hub, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rooms.appender.MOST_COMMANDS", 8)
    link, ear = await settle(hub, engine, some_room(engine.store))
    wire = link.wire = Stoppable()
    for seq in range(1, 6):
        assert wire.held == 0
        hub.command(link, Command(link.id, ANN.id, seq, StartBody()))
    assert wire.held == 1
    assert [(await engine.next_of(Command)).seq for _ in range(5)] == [1, 2, 3, 4, 5]
    await until(lambda: wire.held == 0)
    assert ear.closed is wire.closed is None


async def test_a_redis_that_dies_and_returns_costs_no_input_and_no_socket() -> None:
    folder = Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"]))
    with ValkeyServer(folder, options=("--appendfsync", "always")) as valkey:
        store = Store(valkey.url, SHARDS)
        hub = Hub(store, cast(Layer, InMemoryChannelLayer()), ttl_ms=10_000)
        hub.start()
        engine = ScriptedEngine(store)
        await engine.start()
        room = some_room(store)
        link, ear = await settle(hub, engine, room)
        hub.command(link, Command(link.id, ANN.id, 1, StartBody()))
        assert (await engine.next_of(Command)).seq == 1
        await until(lambda: hub._appender.waiting == 0, why="what was not answered is written again")
        valkey.kill()
        for seq in (2, 3, 4):
            hub.command(link, Command(link.id, ANN.id, seq, StartBody()))
        await until(lambda: any(isinstance(message, server.Status) for message in ear.heard))
        assert ear.heard[-1].state == "degraded"
        valkey.start()
        await until(lambda: ear.heard[-1] == server.Status("ok"), 10)
        assert [(await engine.next_of(Command)).seq for _ in range(3)] == [2, 3, 4]
        assert (await engine.next_of(Resync)).socket == link.id
        assert ear.closed is None
        await hub.aclose(0.5)
        await store.aclose()


# -- slow, relayed, over


async def test_a_slow_socket_gets_the_newest_when_it_reads_again(hub: Hub, engine: ScriptedEngine) -> None:
    room = some_room(engine.store)
    link, ear = await settle(hub, engine, room)
    ear.buffered = SLOW_BYTES + 1
    for tick in (2, 3, 4):
        frame = ViewFrame(SHARED, JSON, 1, f'{{"tick":{tick}}}'.encode())
        await engine.deliver(hub.web, box(room, tick, frames=[frame]))
    await until(lambda: link.offset == 4)
    assert ear.raw == []
    ear.buffered = 0
    await until(lambda: ear.raw)
    assert ear.raw == [b'{"tick":4}']


async def test_a_slow_socket_that_lost_events_is_welcomed_again(hub: Hub, engine: ScriptedEngine) -> None:
    room = some_room(engine.store)
    link, ear = await settle(hub, engine, room)
    ear.buffered = SLOW_BYTES + 1
    many = [Broadcast(n, None, None, JSON, b"{}") for n in range(2, 80)]
    await engine.deliver(hub.web, box(room, 80, events=many))
    await until(lambda: link.held is not None and link.held.overflown)
    ear.buffered = 0
    assert await engine.next_of(Resync) == Resync(link.id, Resume("first", 1))


async def test_relays_reach_the_others_but_not_the_sender_nor_those_without_a_welcome(
    hub: Hub, engine: ScriptedEngine
) -> None:
    room = some_room(engine.store)
    ann, ann_hears = await settle(hub, engine, room)
    _, bob_hears = await settle(hub, engine, room, BOB)
    _, stranger_hears = arrive(hub, room)
    relay = encode(room, ann.id, 0, "emote", {"emote": "gg"})

    def arrived() -> bool:
        hub.relay(relay)
        return bool(bob_hears.raw)

    await until(arrived)
    assert bob_hears.heard[0] == server.Relayed(0, "emote", {"emote": "gg"})
    assert ann_hears.raw == stranger_hears.raw == []


async def test_the_end_says_goodbye_with_1012_and_writes_what_is_left(hub: Hub, engine: ScriptedEngine) -> None:
    link, ear = await settle(hub, engine, some_room(engine.store))
    await hub.aclose(0.3)
    assert ear.closed == (1012, "The server restarts. Connect again.")
    assert codec.parse_server(ear.raw[-1], JSON) == server.Goodbye(1012, "The server restarts. Connect again.", True)
    assert await engine.next_of(Detach) == Detach(link.id)


async def test_a_job_that_fails_begins_again(hub: Hub, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "RETRY_S", 0.02)
    room = some_room(engine.store)
    link, ear = await settle(hub, engine, room)
    await engine.store._client.call("PUBLISH", PARCELS + hub.web, f"{engine.store.shard_of(room)}:2:7\nrubbish")
    attach = await engine.next_of(Attach)
    assert attach.socket == link.id
    await engine.welcome(attach, room, 5)
    await until(lambda: ear.raw)


# -- sockets that were told goodbye, and are not gone yet


async def test_a_dismissed_socket_is_not_brought_back(hub: Hub, engine: ScriptedEngine) -> None:
    """Its player may have a newer one elsewhere, which it would replace for good (4501)."""
    room = some_room(engine.store)
    link, _ = await settle(hub, engine, room)
    await engine.deliver(hub.web, box(room, 3, directs=[Direct(link.id, b'{"t":"goodbye"}', close=4501, reason="x")]))
    await until(lambda: link.closed)
    hub.ask_all()
    hub.begun(hub.web)
    assert link.asked_at is None
    with pytest.raises(TimeoutError):
        await engine.next_of(Attach, 0.3)


async def test_a_room_that_cannot_be_looked_for_leaves_no_lasting_trouble(
    hub: Hub, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "PATIENCE_S", 0.1)
    monkeypatch.setattr(hubs, "SWEEP_S", 0.02)
    asked: list[RoomId] = []

    async def away(room: RoomId) -> bytes:
        asked.append(room)
        raise StoreUnavailable("away")

    monkeypatch.setattr(hub.store, "card", away)
    await until(lambda: hub.web)
    began = asyncio.get_running_loop().time()
    arrive(hub, some_room(engine.store))
    await until(lambda: len(asked) > 2, why="it is looked for again and again")
    looks = (asyncio.get_running_loop().time() - began) / hubs.SWEEP_S
    assert len(asked) <= looks + 1, "not without a pause: a node that is away refuses at once"
    assert hub.trouble == "", "nothing would ever take it back"


# -- what a room may have dropped or lost


async def settle_watcher(hub: Hub, engine: ScriptedEngine, room: RoomId) -> tuple[Link, Ear]:
    link, ear = arrive(hub, room)
    await engine.welcome(await engine.next_of(Attach), room, view=SHARED, seat=-1)
    await until(lambda: link.view is not None)
    return link, ear


async def test_everybody_is_attached_again_and_keeps_the_socket(hub: Hub, engine: ScriptedEngine) -> None:
    """Also a spectator of whom the room knew nothing for a while: its welcome says what must be said again."""
    room = some_room(engine.store)
    seated, _ = await settle(hub, engine, room)
    watcher, ear = await settle_watcher(hub, engine, room)
    for link in (seated, watcher):
        hub.command(link, Command(link.id, ANN.id, 1, ChatBody("x")))
    hub.begun(hub.web)
    assert {(await engine.next_of(Attach)).socket for _ in range(2)} == {seated.id, watcher.id}
    assert not seated.closed
    assert not watcher.closed
    assert ear.closed is None


async def test_slow_look_ups_hold_up_nothing(hub: Hub, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "PATIENCE_S", 0.05)
    monkeypatch.setattr(hubs, "SWEEP_S", 0.02)
    slow, ear = await settle(hub, engine, some_room(engine.store))
    asked: set[RoomId] = set()

    async def never(room: RoomId) -> bytes:
        asked.add(room)
        await asyncio.sleep(60)
        raise AssertionError("unreachable")

    monkeypatch.setattr(hub.store, "card", never)
    for _ in range(3):
        arrive(hub, some_room(engine.store))
    await until(lambda: len(asked) == 3)
    ear.buffered = SLOW_BYTES + 1
    slow.event(b'"e"', asyncio.get_running_loop().time())
    ear.buffered = 0
    await until(lambda: ear.raw == [b'"e"'])
