"""Patient sockets: who is kept waiting, for how long, and who never is."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from gameserver import patience
from gameserver.patience import MOST, Patience, PatientLoop

REST_S = 0.05


@dataclass
class Loop:
    """An event loop by hand: its time stands still, so that a rest ends only when a test says so."""

    now: float = 100.0
    readers: dict[int, Callable[[], None]] = field(default_factory=dict)
    timers: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def add_reader(self, fd: int, read: Callable[[], None]) -> None:
        self.readers[fd] = read

    def remove_reader(self, fd: int) -> None:
        del self.readers[fd]

    def call_later(self, delay_s: float, call: Callable[[], None]) -> None:
        self.timers.append((self.now + delay_s, call))

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.faults.append(context)

    def turn(self) -> int:
        """What is due, and what is ready. Returns how many of both."""
        due = [timer for timer in self.timers if timer[0] <= self.now]
        self.timers = [timer for timer in self.timers if timer[0] > self.now]
        ready = [self.readers[fd] for fd in select.select(list(self.readers), [], [], 0)[0]]
        for call in [*(call for _, call in due), *ready]:
            call()
        return len(due) + len(ready)


@dataclass
class Player:
    """What `theirs` sends is to be heard at `ours`."""

    ours: socket.socket
    theirs: socket.socket
    heard: int = 0

    def say(self) -> None:
        self.theirs.send(b"x")

    def hear(self) -> None:
        self.heard += len(self.ours.recv(100))


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    made = Loop()
    monkeypatch.setattr(patience, "monotonic", made.time)
    return made


@pytest.fixture
def waiting(loop: Loop) -> Iterator[Patience]:
    made = Patience(cast(Any, loop))
    made.rest_s = REST_S
    yield made
    made.close()


@pytest.fixture
def pairs() -> Iterator[list[Player]]:
    made = [Player(*socket.socketpair()) for _ in range(3)]
    yield made
    for pair in made:
        pair.ours.close()
        pair.theirs.close()


@pytest.fixture
def players(waiting: Patience, pairs: list[Player]) -> list[Player]:
    for pair in pairs:
        waiting.add(pair.ours.fileno(), pair.hear)
    return pairs


def fall_to_rest(loop: Loop, players: list[Player]) -> None:
    """Messages of two players, one soon after the other."""
    for who in players[:2]:
        before = who.heard
        who.say()
        loop.turn()
        assert who.heard == before + 1
        loop.now += REST_S / 2
    loop.now -= REST_S / 2


def test_messages_in_quiet_moments_are_heard_at_once(loop: Loop, players: list[Player]) -> None:
    for turn in range(1, 7):
        players[turn % 2].say()
        loop.turn()
        assert players[0].heard + players[1].heard == turn
        loop.now += 2 * REST_S


def test_messages_close_together_gather(loop: Loop, players: list[Player]) -> None:
    fall_to_rest(loop, players)
    for who in players:
        who.say()
    assert loop.turn() == 0
    assert [who.heard for who in players] == [1, 1, 0]
    loop.now += REST_S
    loop.turn()
    assert [who.heard for who in players] == [2, 2, 1]


def test_one_alone_that_waits_for_each_answer_is_not_kept_waiting(loop: Loop, players: list[Player]) -> None:
    for turn in range(1, 6):
        players[0].say()
        loop.turn()
        assert players[0].heard == turn
        loop.now += REST_S / 10


def test_all_others_are_heard_during_a_rest(loop: Loop, players: list[Player]) -> None:
    redis = Player(*socket.socketpair())
    loop.add_reader(redis.ours.fileno(), redis.hear)
    fall_to_rest(loop, players)
    players[0].say()
    redis.say()
    loop.turn()
    assert (players[0].heard, redis.heard) == (1, 1)
    redis.ours.close()
    redis.theirs.close()


def test_a_rest_in_which_nobody_spoke_is_the_last(loop: Loop, players: list[Player]) -> None:
    """Nothing wakes a process whose players are silent."""
    fall_to_rest(loop, players)
    loop.now += REST_S
    assert loop.turn() == 1
    assert loop.timers == []
    loop.now += REST_S / 10
    players[2].say()
    loop.turn()
    assert players[2].heard == 1


def test_without_a_rest_nobody_waits(loop: Loop, waiting: Patience, players: list[Player]) -> None:
    waiting.rest_s = 0
    fall_to_rest(loop, players)
    players[2].say()
    loop.turn()
    assert players[2].heard == 1


def test_who_is_removed_is_not_heard_and_may_come_back(loop: Loop, waiting: Patience, players: list[Player]) -> None:
    number = players[0].ours.fileno()
    assert waiting.remove(number)
    assert not waiting.remove(number)
    players[0].say()
    assert loop.turn() == 0
    waiting.add(number, players[0].hear)
    loop.turn()
    assert players[0].heard == 1


def test_a_descriptor_that_was_closed_can_be_taken_off_and_its_number_given_again(
    loop: Loop, waiting: Patience, players: list[Player]
) -> None:
    number = players[0].ours.fileno()
    players[0].ours.close()
    another = Player(*socket.socketpair())
    assert another.ours.fileno() == number, "the lowest free number"
    waiting.add(number, another.hear)  # although the one before it was never taken off
    another.say()
    loop.turn()
    assert another.heard == 1
    another.ours.close()
    assert waiting.remove(number)
    another.theirs.close()


def test_one_that_ends_another_while_both_have_something_to_say(
    loop: Loop, waiting: Patience, players: list[Player]
) -> None:
    def end_the_others() -> None:
        for other in players[1:]:
            waiting.remove(other.ours.fileno())
        players[0].hear()

    waiting.add(players[0].ours.fileno(), end_the_others)
    for who in players:
        who.say()
    loop.turn()
    assert [who.heard for who in players] == [1, 0, 0]


def test_one_whose_reader_fails_does_not_make_the_others_deaf(
    loop: Loop, waiting: Patience, players: list[Player]
) -> None:
    def fail() -> None:
        players[0].hear()
        raise RuntimeError("as asked")

    waiting.add(players[0].ours.fileno(), fail)
    for who in players:
        who.say()
    loop.turn()
    assert [str(fault["exception"]) for fault in loop.faults] == ["as asked"]
    assert [who.heard for who in players] == [1, 1, 1]


def test_a_crowd_is_heard_in_parts_and_does_not_rest_in_between(
    loop: Loop, waiting: Patience, players: list[Player], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "MOST", 2)
    fall_to_rest(loop, players)
    loop.now += REST_S
    for who in players:
        who.say()
    loop.turn()
    assert sum(who.heard for who in players) == 2 + 2
    loop.turn()
    assert sum(who.heard for who in players) == 2 + 3
    assert MOST > 2


def test_nobody_is_heard_once_it_is_closed(loop: Loop, waiting: Patience, players: list[Player]) -> None:
    fall_to_rest(loop, players)
    players[0].say()
    waiting.close()
    loop.now += REST_S
    loop.turn()
    assert players[0].heard == 1


async def test_asyncio_runs_it_and_in_nobodys_context(pairs: list[Player]) -> None:
    """Streams, timers and a player who talks without end, in a real loop; what the first to come has set is his own."""
    real = asyncio.get_running_loop()
    waiting = Patience(real)
    waiting.rest_s = 0.002
    word: ContextVar[str] = ContextVar("word", default="nobody's")
    word.set("somebody's")
    all_heard, words = asyncio.Event(), set()
    player, other, streams = pairs

    def hear() -> None:
        words.add(word.get())
        for who in (player, other):
            try:
                who.hear()
            except BlockingIOError:
                continue
        if player.heard + other.heard == 600:
            all_heard.set()

    for pair in pairs:
        pair.ours.setblocking(False)
        pair.theirs.setblocking(False)
    patient = PatientLoop(real, waiting)
    for who in (player, other):
        patient.add_reader(who.ours.fileno(), hear)
    reader, near = await asyncio.open_connection(sock=streams.ours)
    _, far = await asyncio.open_connection(sock=streams.theirs)
    for at in range(300):
        for who in (player, other):
            await patient.sock_sendall(who.theirs, b"x")
        far.write(b"%d\n" % at)
        assert await reader.readline() == b"%d\n" % at
    async with asyncio.timeout(10):
        await all_heard.wait()
    assert words == {"nobody's"}
    waiting.close()
    near.close()
    far.close()


def test_a_stream_of_messages_wakes_it_seldom(loop: Loop, players: list[Player]) -> None:
    """Fifty messages within five rests are heard in six looks or so."""
    looks = 0
    for at in range(50):
        players[at % 2].say()
        looks += loop.turn()
        loop.now += REST_S / 10
    loop.now += REST_S
    looks += loop.turn()
    assert players[0].heard + players[1].heard == 50
    assert looks <= 9
