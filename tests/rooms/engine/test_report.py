"""What an engine tells of itself."""

from __future__ import annotations

from rooms.engine.runner import Engine
from rooms.store import Store, StoreUnavailable
from tests.rooms.engine.playing import ANN, Table, engine, until


async def test_its_figures_reach_redis(store: Store, table: Table, valkey_url: str) -> None:
    async with engine(valkey_url, "a") as running:
        await table.open("arena", size=4)
        await table.start()
        await until(lambda: bool(table.frames) and table.frames[-1].acks[0] == table.seq[ANN.id])
        await running.report.tell()
        told = (await store.counts())["a"]
        assert (told["rooms"], told["shards"]) == (1, 8)
        assert told["commits_total"] >= told["commit_passes_total"] > 0
        assert told["parcels_total"] > 0
        assert told["rooms_advanced_total"] >= told["commits_total"]
        assert told["frames_encoded_total"] > 0
        assert told["cpu_seconds_total"] > 0
        assert "1 rooms" in running.report.summary()


async def test_a_pass_over_many_shards_takes_one_round_trip(store: Store, table: Table, valkey_url: str) -> None:
    async with engine(valkey_url, "a") as running:
        await table.open("arena", size=4)
        await table.start()
        before = running.report.figures()
        await until(lambda: running.counters.commit_passes > before["commit_passes_total"] + 10)
        async with running.holding.lock:  # between two passes
            after = running.report.figures()
    trips = after["commit_trips_total"] - before["commit_trips_total"]
    assert trips == after["commit_passes_total"] - before["commit_passes_total"]


async def test_when_redis_is_away_it_goes_on(valkey_url: str) -> None:
    class Away:
        async def tell_counts(self, engine: str, counts: object) -> None:
            raise StoreUnavailable("Redis cannot be reached.")

    async with engine(valkey_url, "a") as running:
        assert isinstance(running, Engine)
        running.report._store = Away()
        await running.report.tell()
