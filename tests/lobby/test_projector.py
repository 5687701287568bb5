"""Chunks of replays: made once, kept, bounded in work, in bytes and in how many may wait."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from lobby import projector as module
from lobby.errors import LobbyError
from lobby.models import Match
from lobby.projector import Projector
from lobby.replays import rules_for
from rooms.core.playback import CHUNK_TICKS
from tests.lobby.recorded import keep
from tests.lobby.world import until

pytestmark = pytest.mark.usefixtures("live_db")
akeep = sync_to_async(keep)


@pytest.fixture
def projector() -> Iterator[Projector]:
    made = Projector()
    yield made
    made._thread.shutdown()


def read(raw: bytes) -> Any:
    return json.loads(gzip.decompress(raw))


async def refusal(projector: Projector, match: Match, *asked: Any) -> str:
    with pytest.raises(LobbyError) as caught:
        await projector.chunk(match, *asked)
    return caught.value.code


async def test_a_match_is_played_in_chunks(projector: Projector) -> None:
    match = await akeep("arena")
    start: int | None = 0
    ticks: list[int] = []
    while start is not None:
        chunk = read(await projector.chunk(match, None, start))
        assert (chunk["match"], chunk["view"], chunk["hz"], chunk["from"]) == (match.pk, None, 20, start)
        assert chunk["ticks"] == match.ticks
        ticks += [frame[0] for frame in chunk["frames"]]
        start = chunk["next"]
    assert ticks == list(range(match.ticks + 1))
    assert len(ticks) > 2 * CHUNK_TICKS


async def test_the_last_chunk_first_is_the_same(projector: Projector) -> None:
    match = await akeep("arena")
    start = match.ticks // CHUNK_TICKS * CHUNK_TICKS
    late = await projector.chunk(match, 1, start)
    for earlier in range(0, start, CHUNK_TICKS):
        await projector.chunk(match, 1, earlier)
    projector._chunks.clear()
    assert await projector.chunk(match, 1, start) == late
    assert read(late)["next"] is None


async def test_a_chunk_is_made_once_for_all_who_ask(projector: Projector, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    true = module.Reel.chunk

    def counted(self: Any, start: int, seat: Any) -> bytes:
        made.append(start)
        return true(self, start, seat)

    monkeypatch.setattr(module.Reel, "chunk", counted)
    match = await akeep()
    asked = [projector.chunk(match, None, 0) for _ in range(5)]
    assert len(set(await asyncio.gather(*asked))) == 1
    await projector.chunk(match, None, 0)
    assert made == [0]


async def test_what_cannot_be_had_is_refused(projector: Projector) -> None:
    match = await akeep()
    assert await refusal(projector, match, 2, 0) == "view_forbidden"
    assert await refusal(projector, match, None, match.ticks + 1) == "past_the_end"
    assert await refusal(projector, await akeep(match=2, journal=[]), None, 0) == "no_replay"
    assert await refusal(projector, await akeep(match=3, version=9), None, 0) == "other_version"
    assert await refusal(projector, await akeep(match=4, game="chess"), None, 0) == "replay_broken"


async def test_a_game_may_show_replays_as_spectators_saw_them(
    projector: Projector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lobby.projector.rules_for", lambda match: replace(rules_for(match), replay="spectator"))
    match = await akeep("battleship")
    assert await refusal(projector, match, 0, 0) == "view_forbidden"
    assert read(await projector.chunk(match, None, 0))["whole"]["game"]["stage"] == "placing"


async def test_rules_that_do_not_repeat_themselves_are_told(
    projector: Projector, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = lambda match: replace(rules_for(match), outcome=lambda state: None)  # noqa: E731
    monkeypatch.setattr("lobby.projector.rules_for", endless)
    assert await refusal(projector, await akeep(), None, 0) == "replay_broken"


async def test_the_loop_goes_on_while_a_chunk_is_made(projector: Projector, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    monkeypatch.setattr(module, "WORK_S", 0.0)
    monkeypatch.setattr("lobby.projector.time.sleep", rests.append)
    match = await akeep("snake")
    await projector.chunk(match, None, 0)
    assert len(rests) == match.ticks
    assert set(rests) == {module.REST_S}


async def test_work_that_takes_too_long_is_given_up_and_leads_on(
    projector: Projector, monkeypatch: pytest.MonkeyPatch
) -> None:
    match = await akeep("arena")
    last = match.ticks // CHUNK_TICKS * CHUNK_TICKS
    monkeypatch.setattr(module, "MOST_WORK_S", -1.0)
    assert await refusal(projector, match, None, last) == "preparing"
    monkeypatch.undo()
    assert read(await projector.chunk(match, None, last))["from"] == last


async def test_who_waits_too_long_is_told_to_come_again(projector: Projector, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, true = threading.Event(), module.Reel.chunk

    def slow(self: Any, *asked: Any) -> bytes:
        gate.wait(10)
        return true(self, *asked)

    monkeypatch.setattr(module.Reel, "chunk", slow)
    monkeypatch.setattr(module, "PATIENCE_S", 0.02)
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    match = await akeep()
    try:
        assert [await refusal(projector, match, None, start) for start in (0, 1, 2)] == ["preparing"] * 3
        assert len(projector._making) == 2
    finally:
        gate.set()
    await until(lambda: not projector._making)
    assert read(await projector.chunk(match, None, 1))["from"] == 1


async def test_what_is_kept_is_bounded(projector: Projector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CHUNKS", 1)
    monkeypatch.setattr(module, "MOST_RECORDS", 1)
    monkeypatch.setattr(module, "MOST_STATES", 1)
    one, two = await akeep("arena"), await akeep("arena", match=2)
    for match in (one, two):
        for start in range(0, match.ticks, CHUNK_TICKS):
            await projector.chunk(match, None, start)
    assert list(projector._reels) == [two.pk]
    assert len(projector._chunks) == 1
    assert len(projector._reels[two.pk]._stops) <= 3
