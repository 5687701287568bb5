"""The room consumer as a plain ASGI application: each boundary of the protocol, over the road without a wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rooms import consumers
from rooms.consumers import room_consumer
from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import JSON, MSGPACK, Attach, Command, Detach, MoveBody, Player, Resume, Resync
from rooms.hub import Hub
from rooms.protocol import codec, server
from rooms.protocol.codec import SUBPROTOCOLS
from rooms.store import Store, StoreUnavailable
from tests.support.scripted import ScriptedEngine, some_room
from tests.support.waiting import until

ANN = Player(PlayerId("g-ann"), "Ann")
HELLO = '{"t":"hello"}'
JSON_NAME, MSGPACK_NAME = SUBPROTOCOLS


class Talk:
    """One socket, played by hand: `give` is the client's side, `heard` what it was sent."""

    def __init__(self, room: str, who: Player | None = ANN, offered: tuple[str, ...] = (JSON_NAME,)) -> None:
        self.scope: dict[str, Any] = {
            "type": "websocket", "subprotocols": list(offered), "url_route": {"kwargs": {"room": room}}, "player": who,
        }  # fmt: skip
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.inbox.put_nowait({"type": "websocket.connect"})
        self.accepted: dict[str, Any] | None = None
        self.heard: list[Any] = []
        self.closed: tuple[int, str] | None = None
        self.task = asyncio.create_task(room_consumer(self.scope, self.inbox.get, self.send))

    @property
    def wire(self) -> Any:
        assert self.accepted is not None
        return SUBPROTOCOLS.get(self.accepted["subprotocol"] or "", JSON)

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.accept":
            self.accepted = message
        elif message["type"] == "websocket.send":
            assert self.closed is None
            given = message.get("text") if message.get("text") is not None else message["bytes"]
            assert isinstance(given, str) == (self.wire == JSON)
            self.heard.append(codec.parse_server(given, self.wire))
        else:
            assert self.closed is None
            self.closed = (message["code"], message["reason"])
            self.inbox.put_nowait({"type": "websocket.disconnect", "code": message["code"]})

    def give(self, raw: str | bytes) -> None:
        self.inbox.put_nowait({"type": "websocket.receive", "text" if isinstance(raw, str) else "bytes": raw})

    def hang_up(self) -> None:
        self.inbox.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def goodbye(self) -> server.Goodbye:
        """The last word, which must have come before the close."""
        await asyncio.wait_for(self.task, 5)
        last = self.heard[-1]
        assert isinstance(last, server.Goodbye)
        assert self.closed == (last.code, last.reason)
        return last


@pytest.fixture
async def engine(valkey_url: str) -> AsyncIterator[ScriptedEngine]:
    """An engine over the store that the consumer's own hub uses; the hub ends with the test."""
    from django.conf import settings

    store = Store.of_loop(settings.ROOMS_URL, settings.HOLDFAST["SHARDS"])
    ours = ScriptedEngine(store)
    await ours.start()
    yield ours
    await Hub.of_loop().aclose(0.3)
    await store.aclose()


@pytest.fixture
async def room(engine: ScriptedEngine) -> RoomId:
    name = some_room(engine.store)
    await engine.put_card(name)
    return name


async def come_in(engine: ScriptedEngine, room: RoomId, seat: int = 0, offered: str = JSON_NAME) -> Talk:
    """A socket that is welcome."""
    talk = Talk(room, offered=(offered,))
    talk.give(codec.dump({"t": "hello"}, MSGPACK) if offered == MSGPACK_NAME else HELLO)
    await engine.welcome(await engine.next_of(Attach), room, seat=seat)
    await until(lambda: talk.heard)
    return talk


# -- the handshake


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ((), None),
        ((JSON_NAME,), JSON_NAME),
        ((MSGPACK_NAME, JSON_NAME), MSGPACK_NAME),
        (("chat.v9", JSON_NAME), JSON_NAME),
    ],
)
async def test_the_first_subprotocol_we_know_is_chosen_and_none_means_json(
    engine: ScriptedEngine, room: RoomId, offered: tuple[str, ...], chosen: str | None
) -> None:
    talk = Talk(room, offered=offered)
    await until(lambda: talk.accepted)
    assert talk.accepted == {"type": "websocket.accept", "subprotocol": chosen}
    talk.hang_up()
    await talk.task


async def test_only_strange_subprotocols_are_refused_with_ours(engine: ScriptedEngine, room: RoomId) -> None:
    goodbye = await Talk(room, offered=("chat.v9",)).goodbye()
    assert (goodbye.code, goodbye.reconnect) == (4500, False)
    assert JSON_NAME in goodbye.reason


async def test_somebody_unknown_is_refused(engine: ScriptedEngine, room: RoomId) -> None:
    assert (await Talk(room, who=None).goodbye()).code == 4508


@pytest.mark.parametrize("name", ["short", "x" * 23, "../../../etc/passwd!!!", "a" * 21 + "{"])
async def test_what_is_no_room_id_never_reaches_redis(engine: ScriptedEngine, name: str) -> None:
    assert (await Talk(name).goodbye()).code == 4504


async def test_a_room_that_is_not_there(engine: ScriptedEngine) -> None:
    talk = Talk(some_room(engine.store))
    talk.give(HELLO)
    assert (await talk.goodbye()).code == 4504


async def test_silence_is_not_waited_for(engine: ScriptedEngine, room: RoomId, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "HELLO_S", 0.05)
    goodbye = await Talk(room).goodbye()
    assert (goodbye.code, goodbye.reconnect) == (4410, True)


async def test_the_first_message_must_be_hello(engine: ScriptedEngine, room: RoomId) -> None:
    talk = Talk(room)
    talk.give('{"t":"ping","n":1}')
    assert (await talk.goodbye()).code == 4500


async def test_hello_becomes_an_attach_with_what_the_client_wants(engine: ScriptedEngine, room: RoomId) -> None:
    talk = Talk(room, offered=(MSGPACK_NAME,))
    talk.give(codec.dump({"t": "hello", "want": "watch", "incarnation": "abc", "offset": 7}, MSGPACK))
    attach = await engine.next_of(Attach)
    assert (attach.player, attach.wire, attach.want) == (ANN, MSGPACK, "watch")
    assert attach.resume == Resume("abc", 7)
    talk.hang_up()
    await talk.task


# -- the end


async def test_leaving_detaches(engine: ScriptedEngine, room: RoomId) -> None:
    talk = await come_in(engine, room)
    talk.hang_up()
    await talk.task
    await engine.next_of(Detach)


async def test_being_cancelled_detaches_too(engine: ScriptedEngine, room: RoomId) -> None:
    talk = await come_in(engine, room)
    talk.task.cancel()
    await asyncio.gather(talk.task, return_exceptions=True)
    await engine.next_of(Detach)


async def test_leaving_before_hello_leaves_nothing(engine: ScriptedEngine, room: RoomId) -> None:
    talk = Talk(room)
    talk.hang_up()
    await talk.task
    with pytest.raises(TimeoutError):
        await engine.next_of(Detach, 0.2)


# -- messages


MALFORMED: dict[str, str | bytes] = {
    "no JSON": "{",
    "empty": "",
    "no object": "[]",
    "unknown kind": '{"t":"fly"}',
    "no kind": '{"seq":1}',
    "unknown field": '{"t":"ping","n":1,"x":2}',
    "NaN": '{"t":"ping","n":1,"time":NaN}',
    "infinity": '{"t":"ping","n":1,"time":1e999}',
    "deep": '{"t":"move","seq":1,"move":' + "[" * 4000,
    "deep and whole": '{"t":"move","seq":1,"move":' + "[" * 1900 + "]" * 1900 + "}",
    "too long": '{"t":"chat","seq":1,"text":"' + "x" * 5000 + '"}',
    "too many letters": '{"t":"chat","seq":1,"text":"' + "x" * 301 + '"}',
    "binary on JSON": b'{"t":"ping","n":1}',
    "seq 0": '{"t":"start","seq":0}',
    "seq -1": '{"t":"start","seq":-1}',
    "seq 2^53": '{"t":"start","seq":9007199254740992}',
    "seq true": '{"t":"start","seq":true}',
    "seq 1.5": '{"t":"start","seq":1.5}',
    "huge number": '{"t":"start","seq":' + "9" * 4000 + "}",
    "hello again": HELLO,
}


@pytest.mark.parametrize("case", MALFORMED)
async def test_a_bad_message_ends_the_connection_with_its_reason(
    engine: ScriptedEngine, room: RoomId, case: str
) -> None:
    talk = await come_in(engine, room)
    talk.give(MALFORMED[case])
    if case == "deep and whole":  # nothing is wrong with it but that it is no move
        await until(lambda: len(talk.heard) == 2)
        assert isinstance(talk.heard[1], server.Reject | server.Goodbye)
        talk.hang_up()
        return
    goodbye = await talk.goodbye()
    assert (goodbye.code, goodbye.reconnect) == (4500, False)
    assert goodbye.reason


async def test_text_on_the_msgpack_wire_is_a_bad_message(engine: ScriptedEngine, room: RoomId) -> None:
    talk = await come_in(engine, room, offered=MSGPACK_NAME)
    talk.give('{"t":"ping","n":1}')
    assert (await talk.goodbye()).code == 4500


async def test_a_command_before_the_welcome_is_a_bad_message(engine: ScriptedEngine, room: RoomId) -> None:
    talk = Talk(room)
    talk.give(HELLO)
    await engine.next_of(Attach)
    talk.give('{"t":"ping","n":5}')
    await until(lambda: talk.heard)
    assert isinstance(talk.heard[0], server.Pong)
    talk.give('{"t":"start","seq":1}')
    assert (await talk.goodbye()).code == 4500


async def test_a_ping_comes_back_at_once(engine: ScriptedEngine, room: RoomId) -> None:
    talk = await come_in(engine, room)
    talk.give('{"t":"ping","n":3,"time":12.5}')
    await until(lambda: len(talk.heard) == 2)
    pong = talk.heard[1]
    assert (pong.n, pong.time) == (3, 12.5)
    assert pong.server_ms > 1.7e12


@pytest.mark.parametrize("offered", [JSON_NAME, MSGPACK_NAME])
async def test_a_move_reaches_the_log_packed(engine: ScriptedEngine, room: RoomId, offered: str) -> None:
    talk = await come_in(engine, room, offered=offered)
    raw = codec.dump({"t": "move", "seq": 9, "move": {"cell": 4}}, talk.wire)
    talk.give(raw.decode() if talk.wire == JSON else raw)
    command = await engine.next_of(Command)
    assert (command.player, command.seq) == (ANN.id, 9)
    assert command.body == MoveBody(codec.dump({"cell": 4}, MSGPACK))
    talk.hang_up()
    await talk.task


async def test_what_is_no_move_of_the_game_is_rejected_and_does_not_count(engine: ScriptedEngine, room: RoomId) -> None:
    talk = await come_in(engine, room)
    talk.give('{"t":"move","seq":4,"move":{"cell":10}}')
    await until(lambda: len(talk.heard) == 2)
    assert (talk.heard[1].seq, talk.heard[1].code) == (4, "bad_move")
    talk.give('{"t":"move","seq":5,"move":{"cell":1}}')
    assert (await engine.next_of(Command)).seq == 5
    talk.hang_up()
    await talk.task


async def test_a_resync_asks_the_engine(engine: ScriptedEngine, room: RoomId) -> None:
    talk = await come_in(engine, room)
    talk.give('{"t":"resync","offset":3}')
    assert (await engine.next_of(Resync)).resume == Resume("first", 3)
    talk.hang_up()
    await talk.task


async def test_a_flood_is_refused_message_by_message_and_then_ended(engine: ScriptedEngine, room: RoomId) -> None:
    talk = await come_in(engine, room)
    for seq in range(1, 400):
        talk.give(f'{{"t":"start","seq":{seq}}}')
    goodbye = await talk.goodbye()
    assert (goodbye.code, goodbye.reconnect) == (4408, True)
    refused = [message.seq for message in talk.heard if isinstance(message, server.Reject)]
    assert refused == sorted(refused)
    assert all(message.code == "slow_down" for message in talk.heard if isinstance(message, server.Reject))
    await engine.next_of(Detach)
    appended = [entry.act.seq for entry in engine.seen if isinstance(entry.act, Command)]
    assert appended == sorted(appended)
    assert not set(appended) & set(refused)


async def test_only_the_seated_relay_and_only_what_is_allowed(engine: ScriptedEngine, room: RoomId) -> None:
    watcher = await come_in(engine, room, seat=-1)
    watcher.give('{"t":"relay","kind":"emote","body":{"emote":"gg"}}')
    await until(lambda: len(watcher.heard) == 2)
    assert (watcher.heard[1].seq, watcher.heard[1].code) == (0, "not_seated")
    sitter = await come_in(engine, room, seat=1)
    sitter.give('{"t":"relay","kind":"emote","body":{"emote":"curse"}}')
    await until(lambda: len(sitter.heard) == 2)
    assert (sitter.heard[1].seq, sitter.heard[1].code) == (0, "bad_relay")
    sitter.give('{"t":"relay","kind":"emote","body":{"emote":"gg"}}')
    await until(lambda: len(watcher.heard) == 3)
    assert watcher.heard[2] == server.Relayed(1, "emote", {"emote": "gg"})
    for talk in (watcher, sitter):
        talk.hang_up()
        await talk.task


async def test_a_flood_of_relays_is_refused(engine: ScriptedEngine, room: RoomId) -> None:
    talk = await come_in(engine, room)
    for _ in range(70):
        talk.give('{"t":"relay","kind":"emote","body":{"emote":"gg"}}')
    await until(lambda: len(talk.heard) == 11)
    assert all((message.seq, message.code) == (0, "slow_down") for message in talk.heard[1:])
    talk.hang_up()
    await talk.task


# -- faults


async def test_while_redis_is_away_the_client_is_told_and_waits(
    engine: ScriptedEngine, room: RoomId, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, asked = engine.store, []
    real = store.card

    async def card(name: RoomId) -> bytes | None:
        asked.append(name)
        if len(asked) < 2:
            raise StoreUnavailable("Redis cannot be reached.")
        return await real(name)

    monkeypatch.setattr(store, "card", card)
    talk = Talk(room)
    talk.give(HELLO)
    await engine.next_of(Attach)
    assert talk.heard == [server.Status("degraded", "Redis cannot be reached."), server.Status("ok")]
    talk.hang_up()
    await talk.task


async def test_a_fault_of_ours_ends_one_connection_and_says_so(
    engine: ScriptedEngine, room: RoomId, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    talk, other = await come_in(engine, room), await come_in(engine, room)

    def broken(*_: Any) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr("rooms.hearing.body_of", broken)
    talk.give('{"t":"start","seq":1}')
    goodbye = await talk.goodbye()
    assert (goodbye.code, goodbye.reconnect) == (1011, True)
    assert "a bug" in caplog.text
    other.give('{"t":"ping","n":1}')
    await until(lambda: len(other.heard) == 2)
    other.hang_up()
    await other.task


def test_what_the_handshake_brought_is_dropped_from_every_copy_of_the_scope() -> None:
    """Each frame of the middleware holds a copy for as long as the socket is open."""
    first: dict[str, Any] = {"type": "websocket", "headers": [(b"cookie", b"long")], "path": "/ws/rooms/x/"}
    copy = {**first, "player": ANN}
    consumers.forget(copy)
    assert copy == {}
    assert first == {"type": "websocket", "headers": [], "path": "/ws/rooms/x/"}
