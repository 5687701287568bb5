from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from lobby import watching as module
from lobby.filters import LISTED, Filter
from lobby.rows import row_of
from lobby.shelves import Shelves, TooManySearches
from lobby.watching import LAGGING, Watcher, Watching
from rooms import meters
from rooms.core.facts import Card
from rooms.protocol.closing import Close
from rooms.wire import Flow
from tests.lobby.world import card, until


class Line:
    """A wire that keeps what was written, and may be slow."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.buffered = 0
        self.closed: int | None = None

    def write(self, payload: bytes, text: bool) -> None:
        assert text
        self.written.append(payload)

    def close(self, code: int, reason: str) -> None:
        self.closed = code

    def watch(self, flow: Flow, most: int) -> None:
        """Whoever writes here looks at `buffered`."""

    def heard(self) -> list[dict[str, Any]]:
        """What came since it was last asked."""
        heard, self.written = [json.loads(one) for one in self.written], []
        return heard


class Scene:
    """Some shelves and those who watch them."""

    def __init__(self) -> None:
        self.shelves = Shelves()
        self.watching = Watching(self.shelves)

    def come(self, wanted: Filter = LISTED, limit: int = 200) -> tuple[Line, Watcher]:
        line = Line()
        watcher = Watcher(line)
        self.watching.watch(watcher, wanted, limit)
        return line, watcher


@pytest.fixture
def scene() -> Scene:
    return Scene()


@asynccontextmanager
async def running(scene: Scene) -> AsyncIterator[None]:
    task = asyncio.create_task(scene.watching.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def put(scene: Scene, **changes: Any) -> Card:
    shown = card(**changes)
    scene.shelves.put(shown)
    return shown


def applied(shown: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    """What a page shows after a message."""
    rows = {row["room"]: row for row in message["rooms"]}
    if message["t"] == "rooms":
        return rows
    return {room: row for room, row in {**shown, **rows}.items() if room not in message["gone"]}


async def test_whoever_comes_is_given_the_whole_list_and_its_sums(scene: Scene) -> None:
    shown = put(scene)
    put(scene, joinable=False, opened_ms=1)
    line, _ = scene.come(limit=1)
    (message,) = line.heard()
    assert message["t"] == "rooms"
    assert message["rooms"] == [row_of(shown)]
    assert (message["total"], message["free"]) == (2, 1)
    assert message["after"] is not None
    line, _ = scene.come(Filter(game="arena"))
    assert line.heard() == [{"t": "rooms", "rooms": [], "total": 0, "free": 0, "after": None}]


async def test_changes_come_together_and_lead_to_what_is_there(scene: Scene) -> None:
    """For each of many lists and windows, after any changes."""
    from random import Random

    from tests.lobby.test_shelves import FILTERS, some_card

    rng = Random(3)
    names = [card().room for _ in range(30)]
    views = [(wanted, limit, scene.come(wanted, limit)[0]) for wanted in FILTERS for limit in (5, 200)]
    pages: list[dict[str, Any]] = [applied({}, line.heard()[0]) for _, _, line in views]
    async with running(scene):
        for _ in range(4):
            for _ in range(40):
                scene.shelves.put(some_card(rng, rng.choice(names)))
            scene.shelves.drop(rng.choice(names))
            changed = list(scene.watching._windows.values())
            await until(lambda c=changed: all(w.version == w.shelf.version for w in c))
            await asyncio.sleep(0)  # the last window's watchers are written to
            for number, (wanted, limit, line) in enumerate(views):
                heard = line.heard()
                assert len(heard) <= 2  # forty changes
                for message in heard:
                    pages[number] = applied(pages[number], message)
                expected = {one.room: row_of(one) for one in scene.shelves.page(wanted, limit).cards}
                assert pages[number] == expected


async def test_a_change_is_encoded_once_however_many_watch(scene: Scene) -> None:
    lines = [scene.come()[0] for _ in range(250)]
    for line in lines:
        line.heard()
    before = meters.counts["lobby_encodings"]
    async with running(scene):
        shown = put(scene)
        await until(lambda: all(line.written for line in lines))
    assert meters.counts["lobby_encodings"] == before + 1
    assert len({id(line.written[0]) for line in lines}) == 1
    assert lines[0].heard()[0]["rooms"] == [row_of(shown)]


async def test_what_a_list_does_not_show_is_not_told(scene: Scene) -> None:
    shown = put(scene, opened_ms=5)
    line, _ = scene.come(limit=1)
    line.heard()
    async with running(scene):
        scene.shelves.put(msgspec.structs.replace(shown, match=7))  # no row shows that
        private = put(scene, private=True)
        scene.shelves.drop(private.room)
        window = next(iter(scene.watching._windows.values()))
        await until(lambda: window.version == window.shelf.version)
        put(scene, opened_ms=4)  # behind the end of the window: only the sums change
        await until(lambda: bool(line.written))
        (message,) = line.heard()
    assert (message["rooms"], message["gone"], message["total"]) == ([], [], 2)


async def test_a_slow_watcher_is_owed_the_whole_list_and_no_more(scene: Scene) -> None:
    line, _ = scene.come()
    line.heard()
    line.buffered = LAGGING + 1
    async with running(scene):
        first = put(scene)
        await until(lambda: bool(next(iter(scene.watching._windows.values())).laggards))
        second = put(scene)
        await asyncio.sleep(module.EVERY_S * 2)
        assert line.written == []
        line.buffered = 0
        await until(lambda: bool(line.written))
    (message,) = line.heard()
    assert {row["room"] for row in message["rooms"]} == {first.room, second.room}
    assert message["t"] == "rooms"


async def test_one_who_never_reads_is_closed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_LAG_S", 0.1)
    line, _ = scene.come()
    line.buffered = LAGGING + 1
    async with running(scene):
        put(scene)
        await until(lambda: line.closed is not None)
    assert line.closed == Close.TOO_SLOW


async def test_a_list_that_nobody_watches_any_more_is_let_go(scene: Scene) -> None:
    line, watcher = scene.come(Filter(text="ann"))
    _, other = scene.come(Filter(text="ann"))
    scene.watching.watch(watcher, Filter(game="snake"))
    assert [message["t"] for message in line.heard()] == ["rooms", "rooms"]
    scene.watching.leave(other)
    scene.watching.leave(other)
    assert [wanted for wanted, _ in scene.watching._windows] == [Filter(game="snake")]
    assert not any(shelf.held for wanted, shelf in scene.shelves._shelves.items() if wanted.text)
    scene.watching.leave(watcher)
    assert scene.watching._windows == {}


async def test_one_search_too_many_leaves_the_list_as_it_was(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lobby.shelves.MOST_SEARCHES", 0)
    line, watcher = scene.come()
    with pytest.raises(TooManySearches):
        scene.watching.watch(watcher, Filter(text="ann"))
    line.heard()
    async with running(scene):
        put(scene)
        await until(lambda: bool(line.written))


async def test_all_are_told_when_the_list_grows_old_and_when_it_is_fresh(scene: Scene) -> None:
    line, _ = scene.come()
    line.heard()
    for fresh in (True, False, False, True):
        scene.watching.freshness(fresh)
    assert line.heard() == [{"t": "status", "state": "stale"}, {"t": "status", "state": "ok"}]
