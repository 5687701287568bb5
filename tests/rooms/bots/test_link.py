"""rooms/bots/link.py with a clock, a sleep and a network of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from rooms.bots.connector import Closed
from rooms.bots.errors import Ended
from rooms.bots.link import DEAD_S, PING_S, Address, Link, Means
from rooms.core.inputs import JSON
from rooms.protocol.closing import Close

ADDRESS = Address("ws://there/", dict, "holdfast.v1.json", JSON)


class Wire:
    """A connection whose peer says `script` in turn; an exception in it is the end."""

    def __init__(self, *script: bytes | Exception) -> None:
        self.script = list(script)
        self.sent: list[bytes] = []
        self.closed = False

    async def send(self, payload: bytes, *, text: bool) -> None:
        assert text
        self.sent.append(payload)

    async def receive(self) -> bytes:
        await asyncio.sleep(0)
        if not self.script:
            await asyncio.Event().wait()
        said = self.script.pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    async def close(self) -> None:
        self.closed = True


class World:
    """Time that passes only in `sleep`, and connections that are as the test says."""

    def __init__(self, *wires: Wire | Exception) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.wires = list(wires)

    async def connect(self, url: str, headers: Mapping[str, str], subprotocol: str) -> Wire:
        wire = self.wires.pop(0)
        if isinstance(wire, Exception):
            raise wire
        return wire

    async def sleep(self, seconds: float) -> None:
        for _ in range(5):
            await asyncio.sleep(0)  # let what can happen now happen before time passes
        self.now += seconds
        self.slept.append(seconds)

    @property
    def means(self) -> Means:
        return Means(self.connect, lambda: self.now, self.sleep, lambda: 0.5)


class Talker:
    """A peer that has something to say and notes what it hears."""

    def __init__(self, *to_say: bytes) -> None:
        self.to_say = list(to_say)
        self.got: list[bytes | str] = []
        self.pings = self.drops = 0
        self.raises: dict[bytes | str, Exception] = {}

    def hello(self) -> bytes:
        return b"hello"

    def next(self) -> bytes | None:
        return self.to_say.pop(0) if self.to_say else None

    def heard(self, raw: bytes | str) -> None:
        self.got.append(raw)
        if raw in self.raises:
            raise self.raises[raw]

    def ping(self) -> None:
        self.pings += 1

    def dropped(self) -> None:
        self.drops += 1


END = Closed(Close.ROOM_CLOSED, "over")


async def run(world: World, talker: Talker) -> Ended:
    async with asyncio.timeout(5):
        return await Link(ADDRESS, talker, world.means).run()


async def test_hello_comes_first() -> None:
    wire = Wire(b"a", b"b", b"c", END)
    talker = Talker(b"one", b"two")
    end = await run(World(wire), talker)

    assert (end.code, end.reason) == (Close.ROOM_CLOSED, "over")
    assert set(wire.sent) == {b"hello", b"one", b"two"}
    assert wire.sent.index(b"one") < wire.sent.index(b"two")
    assert talker.got == [b"a", b"b", b"c"]
    assert wire.closed


async def test_every_loss_is_followed_by_a_longer_wait() -> None:
    lost = Closed(1006, "refused")
    world = World(lost, lost, Wire(Closed(1012, "restart")), lost, Wire(END))
    talker = Talker()
    await run(world, talker)

    assert world.slept == [0.125, 0.25, 0.5, 1.0]
    assert talker.drops == 4


async def test_a_connection_that_held_makes_the_next_wait_short() -> None:
    lost = Closed(1006, "")
    world = World(lost, lost, Wire(), Wire(END))
    await run(world, Talker())  # the third is silent and is given up after DEAD_S

    waits = [wait for wait in world.slept if wait != PING_S]
    assert waits == [0.125, 0.25, 0.125]


async def test_silence_is_asked_and_then_given_up() -> None:
    world, talker = World(Wire(), Wire(END)), Talker()
    await run(world, talker)

    assert world.slept.count(PING_S) >= DEAD_S / PING_S
    assert talker.pings >= DEAD_S / PING_S - 1


async def test_who_was_told_to_slow_down_waits_longer() -> None:
    world = World(Wire(Closed(Close.SLOW_DOWN, "too fast")), Wire(END))
    await run(world, Talker())
    assert world.slept == [1.125]


async def test_the_peer_may_end_it() -> None:
    talker = Talker()
    talker.raises[b"bye"] = Ended(Close.KICKED, "out")
    wire = Wire(b"bye")
    end = await run(World(wire), talker)
    assert (end.code, wire.closed) == (Close.KICKED, True)


async def test_the_peer_may_ask_for_another_connection() -> None:
    talker = Talker()
    talker.raises[b"?"] = Closed(1002, "nonsense")
    await run(World(Wire(b"?"), Wire(END)), talker)
    assert talker.drops == 1


async def test_a_refusal_for_good_ends_it() -> None:
    end = await run(World(Ended(Close.FORBIDDEN, "no")), Talker())
    assert end.code == Close.FORBIDDEN


async def test_a_fault_of_the_peers_own_comes_out() -> None:
    talker, wire = Talker(), Wire(b"x")
    talker.raises[b"x"] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await run(World(wire), talker)
    assert wire.closed


async def test_stopping_closes_the_socket() -> None:
    wire = Wire(b"a")
    running = asyncio.create_task(run(World(wire), Talker()))
    for _ in range(5):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert wire.closed
