"""The hub and rooms that tick: what may wait for the tick. The rest of it: test_hub.py."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest

from rooms.beat import AT_ONCE
from rooms.core.ids import RoomId
from rooms.core.inputs import JSON, ChatBody, Command, MoveBody
from rooms.games import get_rules
from rooms.hub import Hub
from rooms.protocol.bus import SHARED, ViewFrame
from rooms.store import Store
from tests.rooms.test_hub import ANN, engine, hub, settle, store
from tests.rooms.test_recovery import total
from tests.support.fleet import StartFleet, start_fleet
from tests.support.scripted import ScriptedEngine, box, some_room
from tests.support.sockets import enter, hang_up_all, hear, open_room, player, say
from tests.support.waiting import until

__all__ = ["engine", "hub", "start_fleet", "store"]

MOVES = 60
"""Of each player in a round."""
MOST, ROUNDS = 3.0, 5
"""Appends a tick, where two are meant, in the best of so many rounds: on a busy machine nothing is gathered."""


async def test_moves_of_a_room_that_ticks_may_wait_and_nothing_else_may(
    hub: Hub, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = some_room(engine.store)
    link, ear = await settle(hub, engine, room)
    waited: list[bool] = []
    add = hub._appender.add_command

    def noted(room: RoomId, command: Command, until: float = AT_ONCE) -> bool:
        waited.append(until != AT_ONCE)
        return add(room, command, until)

    monkeypatch.setattr(hub._appender, "add_command", noted)

    def move(seq: int) -> None:
        hub.command(link, Command(link.id, ANN.id, seq, MoveBody(b"\x80")))

    async def see(tick: int, hz: int) -> None:
        ear.raw.clear()
        delivery = box(room, tick, frames=[ViewFrame(SHARED, JSON, -1, b"{}")])
        await engine.deliver(hub.web, msgspec.structs.replace(delivery, hz=hz, ahead_ms=40))
        await until(lambda: ear.raw)

    move(1)
    await see(2, 20)
    move(2)
    hub.command(link, Command(link.id, ANN.id, 3, ChatBody("hi")))
    assert waited == [False, True, False]
    assert [(await engine.next_of(Command)).seq for _ in range(3)] == [1, 2, 3]
    await see(3, 0)
    move(4)
    assert waited[3:] == [False], "it ticks no more"
    await see(4, 20)
    move(5)
    hub.ask_all()
    move(6)
    assert waited[4:] == [True, False], "the connection was lost, and who knows what else"


async def test_moves_of_a_room_that_ticks_are_written_twice_a_tick_however_many_come(start_fleet: StartFleet) -> None:
    """With real processes. Six players' moves come one by one, some in each of the pauses between an appender's
    pipelines, of which there are fifteen in a tick; a room that has not begun is played by the same engine.
    """
    fleet = await asyncio.to_thread(start_fleet, web=1, engines=1, lobby=0)
    store, web = Store(fleet.valkey.url, 16), fleet.web[0]
    players = [player(f"P{n}") for n in range(6)]
    room = await open_room(store, "arena", players[0], size=len(players))
    await open_room(store, "tictactoe", players[0])
    await store.aclose()
    sockets = [(await enter(web, room, who))[0] for who in players]
    for socket in sockets[1:]:
        await say(socket, "ready", seq=1)
    await hear(sockets[0], "frame", acks=[0, 1, 1, 1, 1, 1])
    await say(sockets[0], "start", seq=1)
    for socket in sockets:
        await hear(socket, "event", kind="started")
    ratios: list[float] = []
    while len(ratios) < ROUNDS and min(ratios, default=MOST) >= MOST:
        before, began = [total(web, name) for name in ("appends", "entries_appended")], time.monotonic()
        for seq in range(2 + len(ratios) * MOVES, 2 + (len(ratios) + 1) * MOVES):
            for socket in sockets:
                await say(socket, "move", seq=seq, move={"turn": seq % 3 - 1})
                await asyncio.sleep(0.003)
        await hear(sockets[-1], "frame", acks=[seq] * len(players))
        ticks = (time.monotonic() - began) * get_rules("arena").tick_hz
        assert total(web, "entries_appended") - before[1] == MOVES * len(players)
        ratios.append((total(web, "appends") - before[0]) / ticks)
    assert min(ratios) < MOST, ratios
    await hang_up_all()
