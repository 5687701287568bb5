"""The selector that lets players' sockets wait: what it keeps waiting, and what never."""

from __future__ import annotations

import asyncio
import select
import selectors
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from gameserver import patience
from gameserver.patience import PatientSelector

REST_S = 0.05
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


@dataclass
class Pair:
    """`ours` is watched; what `theirs` sends is to be seen."""

    ours: socket.socket
    theirs: socket.socket

    def say(self) -> None:
        self.theirs.send(b"x")

    def hear(self) -> None:
        self.ours.recv(100)


@dataclass
class Time:
    """The selector's clock: it stands still, so that a rest ends only when a test says so."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(patience, "monotonic", clock)
    return clock


@pytest.fixture
def selector() -> Iterator[PatientSelector]:
    found = PatientSelector()
    found.rest_s = REST_S
    yield found
    found.close()


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    made = [Pair(*socket.socketpair()) for _ in range(3)]
    yield made
    for pair in made:
        pair.ours.close()
        pair.theirs.close()


@pytest.fixture
def player(selector: PatientSelector, pairs: list[Pair]) -> Pair:
    selector.be_patient(pairs[0].ours.fileno())
    selector.register(pairs[0].ours, READ, "player")
    return pairs[0]


@pytest.fixture
def other(selector: PatientSelector, pairs: list[Pair]) -> Pair:
    selector.be_patient(pairs[2].ours.fileno())
    selector.register(pairs[2].ours, READ, "other")
    return pairs[2]


@pytest.fixture
def redis(selector: PatientSelector, pairs: list[Pair]) -> Pair:
    selector.register(pairs[1].ours, READ, "redis")
    return pairs[1]


def seen(selector: PatientSelector, timeout: float | None = 0) -> set[str]:
    return {key.data for key, _ in selector.select(timeout)}


def fall_to_rest(selector: PatientSelector, player: Pair, other: Pair, time: Time) -> None:
    """Messages of two players, one soon after the other."""
    for who, name in ((other, "other"), (player, "player")):
        who.say()
        assert seen(selector) == {name}
        who.hear()
        time.now += REST_S / 2
    time.now -= REST_S / 2


def test_messages_in_quiet_moments_are_seen_at_once(selector: PatientSelector, player: Pair, time: Time) -> None:
    for _ in range(3):
        player.say()
        assert seen(selector) == {"player"}
        player.hear()
        time.now += 2 * REST_S


def test_messages_close_together_gather(selector: PatientSelector, player: Pair, other: Pair, time: Time) -> None:
    fall_to_rest(selector, player, other, time)
    player.say()
    assert seen(selector) == set()
    time.now += REST_S
    assert seen(selector) == {"player"}


def test_one_alone_that_waits_for_each_answer_is_not_kept_waiting(
    selector: PatientSelector, player: Pair, other: Pair, time: Time
) -> None:
    for _ in range(5):
        player.say()
        assert seen(selector) == {"player"}
        player.hear()
        time.now += REST_S / 10


def test_all_others_are_seen_during_a_rest(
    selector: PatientSelector, player: Pair, other: Pair, redis: Pair, time: Time
) -> None:
    fall_to_rest(selector, player, other, time)
    player.say()
    redis.say()
    assert seen(selector, None) == {"redis"}


def test_a_rest_ends_a_wait_without_end(selector: PatientSelector, player: Pair, other: Pair, time: Time) -> None:
    fall_to_rest(selector, player, other, time)
    player.say()
    assert seen(selector, None) == set()  # it returned: a loop asks again, and the rest is over by then
    time.now += REST_S
    assert seen(selector, None) == {"player"}


def test_without_a_rest_nobody_waits(selector: PatientSelector, player: Pair, other: Pair, time: Time) -> None:
    selector.rest_s = 0
    fall_to_rest(selector, player, other, time)
    player.say()
    assert seen(selector) == {"player"}


def test_a_forgotten_descriptor_is_as_any_other(
    selector: PatientSelector, player: Pair, other: Pair, time: Time
) -> None:
    fall_to_rest(selector, player, other, time)
    selector.unregister(player.ours)
    selector.forget(player.ours.fileno())
    selector.register(player.ours, READ, "somebody")
    player.say()
    assert seen(selector) == {"somebody"}


def test_a_patient_one_may_be_registered_again(
    selector: PatientSelector, player: Pair, other: Pair, time: Time
) -> None:
    selector.unregister(player.ours)
    selector.register(player.ours, READ, "player")
    fall_to_rest(selector, player, other, time)
    player.say()
    assert seen(selector) == set()


def test_what_is_watched_may_change(selector: PatientSelector, player: Pair, redis: Pair) -> None:
    selector.rest_s = 0
    for pair in (player, redis):
        assert selector.get_key(pair.ours).events == READ
        selector.modify(pair.ours, READ | WRITE, "both")
        assert selector.get_map()[pair.ours.fileno()].events == READ | WRITE
    assert [events for _, events in selector.select(0)] == [WRITE, WRITE]
    player.say()
    assert sorted(events for _, events in selector.select(0)) == [WRITE, READ | WRITE]
    for pair in (player, redis):
        selector.modify(pair.ours, READ, "one")
    assert seen(selector) == {"one"}


def test_what_a_selector_refuses_is_refused(selector: PatientSelector, player: Pair, redis: Pair) -> None:
    for pair in (player, redis):
        with pytest.raises(KeyError, match="registered already"):
            selector.register(pair.ours, READ)
        selector.unregister(pair.ours)
        with pytest.raises(KeyError):
            selector.unregister(pair.ours)
        with pytest.raises(KeyError):
            selector.get_key(pair.ours)
        with pytest.raises(KeyError):
            selector.modify(pair.ours, WRITE)


def test_a_descriptor_that_was_closed_can_be_taken_off(selector: PatientSelector, player: Pair, redis: Pair) -> None:
    for pair in (player, redis):
        number = pair.ours.fileno()
        pair.ours.close()
        assert selector.unregister(number).fd == number
    assert selector.get_map() == {}


async def test_asyncio_runs_on_it(pairs: list[Pair]) -> None:
    """In a loop of its own: streams, timers, threads, and a player who talks without end beside them."""

    def run() -> int:
        selector = PatientSelector()
        selector.rest_s = REST_S
        selector.be_patient(pairs[0].ours.fileno())
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
            return runner.run(talk(pairs))

    assert await asyncio.to_thread(run) == 300


async def talk(pairs: list[Pair]) -> int:
    loop = asyncio.get_running_loop()
    for pair in pairs:
        pair.ours.setblocking(False)
        pair.theirs.setblocking(False)
    player, streams = pairs[0], pairs[1]
    heard, all_heard = 0, asyncio.Event()

    def hear() -> None:
        nonlocal heard
        heard += len(player.ours.recv(100))
        if heard == 300:
            all_heard.set()

    loop.add_reader(player.ours, hear)
    reader, other = await asyncio.open_connection(sock=streams.ours)
    _, writer = await asyncio.open_connection(sock=streams.theirs)
    for at in range(300):
        await loop.sock_sendall(player.theirs, b"x")  # on a busy machine words wait unheard, until no more go in
        writer.write(b"%d\n" % at)
        assert await reader.readline() == b"%d\n" % at
        await asyncio.sleep(0)
    assert await asyncio.to_thread(int, "1") == 1
    async with asyncio.timeout(10):
        await all_heard.wait()
    loop.remove_reader(player.ours)
    writer.close()
    other.close()
    return heard


def test_a_stream_of_messages_wakes_it_seldom(selector: PatientSelector, player: Pair, other: Pair) -> None:
    """With the real clock: fifty messages within two rests are seen in a few looks."""
    looks = 0
    for at in range(50):
        (player if at % 2 else other).say()
        found = seen(selector)
        looks += bool(found)
        for who, name in ((player, "player"), (other, "other")):
            if name in found:
                who.hear()
        select.select([], [], [], REST_S / 25)
    assert looks <= 6
