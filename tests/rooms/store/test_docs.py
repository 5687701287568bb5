"""docs/redis.md is true: it is compared with a Redis on which every operation was run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from rooms.appender import PACK_BYTES
from rooms.core.inputs import Lapse
from rooms.core.room import PACE_BYTES
from rooms.store import Commit, Limits, Store, StoreUnavailable, lua
from tests.rooms.store.making import ROOM, TTL, WEB, Valkey, commit, take

PAGE = (Path(__file__).parents[3] / "docs" / "redis.md").read_text()
UNITS = {"ms": 1, "s": 1000}


@dataclass(frozen=True)
class Row:
    """A documented key."""

    name: str
    type: str
    expiry: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """What the names it stands for look like."""
        pattern = re.escape(self.name).replace(r"\{sNN\}", r"\{s\d{2,4}\}")
        return re.compile(re.sub(r"<\w+>", r"[\\w-]+", pattern))

    @property
    def expiry_ms(self) -> int | None:
        """The time to live that a key gets when it is written; None for one that stays."""
        time = re.fullmatch(r"(\d+) (ms|s)", self.expiry)
        return int(time[1]) * UNITS[time[2]] if time else None


def cells(section: str) -> list[list[str]]:
    """The rows of the table in a section, without its head; names without their backticks."""
    text = PAGE.split(f"## {section}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    return [[row[0].strip().strip("`"), *(cell.strip() for cell in row[1:])] for row in rows]


KEYS = [Row(row[0], row[1], row[5]) for part in ("Keys of a shard", "Keys of all shards") for row in cells(part)]


@pytest.fixture
async def used(store: Store, valkey: Valkey, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A store on which everything was done; the channels that were heard of."""
    async with valkey.pubsub() as ears:
        await ears.psubscribe("*")
        await store.check()
        mailbox = store.mailbox(WEB)
        await mailbox.opened()
        ids = [await store.append_to(ROOM, Lapse(WEB)) for _ in range(2)]
        lease = await take(store)
        await store.load(lease)
        await commit(
            store,
            Commit(
                lease,
                last=ids[0],
                rooms={ROOM: b"r"},
                paces={20: {ROOM: b"p"}},
                cards={ROOM: b"c"},
                events={ROOM: [b"e"]},
                outbox=[b"o"],
                bots=[b"b"],
                parcels={WEB: b"p"},
                replies={"token": b"yes", "kept": b"yes"},
                journals={(ROOM, 1): b"j"},
            ),
        )
        await store.reply(lease.shard, "token", 1.0)
        await store.renew([lease], TTL)
        await store.renounce(lease.shard, lease.memory)
        other = await store.take((lease.shard + 1) % store.shards, "engine-1", TTL)
        assert other is not None
        await store.release(other)
        await store.beat_engine("engine-1", TTL)
        await store.ring("engine-1")
        await store.tell_counts("engine-1", {"passes_total": 1})
        await store.beat_web(WEB, TTL)
        await store.facts("bots", "bots", "b", 0)
        facts = await store.facts("outbox", "record", "w", 0)
        await store.done("outbox", "record", facts)
        monkeypatch.setattr("rooms.store.client.WAIT_MS", 1)
        careful = Store(valkey_url, store.shards, Limits(wait_replicas=1))
        with pytest.raises(StoreUnavailable, match="0 replicas of 1"):
            await careful.commit([Commit(lease)], TTL)  # committed, and nobody is told
        await careful.aclose()
        await mailbox.aclose()
        await valkey.publish("end", "")
        heard = []
        while (message := await ears.get_message(timeout=1)) and message["channel"] != b"end":
            heard.append(message["channel"].decode())
        return [name for name in heard if name != "*"]


async def test_every_key_is_documented_with_its_type_and_expiry(used: list[str], valkey: Valkey) -> None:
    """And every documented key was seen."""
    seen = set()
    async for raw in valkey.scan_iter():
        name = raw.decode()
        rows = [row for row in KEYS if row.pattern.fullmatch(name)]
        assert len(rows) == 1, f"{name} is described by {[row.name for row in rows]} in docs/redis.md"
        row, left_ms = rows[0], await valkey.pttl(raw)
        assert (await valkey.type(raw)).decode() == row.type.replace("sorted set", "zset"), name
        if row.expiry_ms is None:
            assert left_ms == -1, f"{name} expires in {left_ms} ms"
        else:
            assert row.expiry_ms - 5000 < left_ms <= row.expiry_ms, name
        seen.add(row.name)
    assert seen == {row.name for row in KEYS}


async def test_every_field_of_a_hash_of_ours_is_documented(used: list[str], valkey: Valkey) -> None:
    """Those with fixed fields; the others are keyed by room or web process."""
    holds = {row[0]: row[2] for part in ("Keys of a shard", "Keys of all shards") for row in cells(part)}
    for name in ("hf:{sNN}:lease", "hf:{sNN}:meta", "hf:meta"):
        fields = {
            field.decode()
            for row in KEYS
            if row.name == name
            async for raw in valkey.scan_iter()
            if row.pattern.fullmatch(raw.decode())
            for field in await valkey.hkeys(raw)
        }
        assert fields == set(re.findall(r"`(\w+)`:", holds[name])), name


async def test_every_channel_is_documented(used: list[str]) -> None:
    patterns = {row[0]: Row(row[0], "", "").pattern for row in cells("Channels")}
    matched = {channel: [name for name, p in patterns.items() if p.fullmatch(channel)] for channel in used}
    assert all(len(names) == 1 for names in matched.values()), matched
    assert {name for names in matched.values() for name in names} == set(patterns)


def test_every_script_is_documented() -> None:
    assert sorted(row[0] for row in cells("Scripts")) == sorted(path.name for path in lua.SCRIPTS.glob("*.lua"))


def test_the_limits_are_those_of_the_code() -> None:
    """As they are said in the tables."""
    limits = Limits()
    said = {row[0].rsplit(":", 1)[-1]: f"{row[5]} {row[6]}" for row in cells("Keys of a shard")}
    assert f"{limits.log_entries:,} unread packs" in said["in"]
    assert f"one entry of at most {limits.entry_bytes // 1024} KiB" in said["in"]
    assert f"several with {PACK_BYTES // 1024} KiB" in said["in"]
    assert f"{limits.room_bytes // 1024} KiB a room" in said["rooms"]
    assert f"{PACE_BYTES // 1024} KiB a room" in said["paces"]
    assert f"{limits.events} events" in said["<room>"]
    assert f"about {limits.outbox:,};" in said["outbox"]
    assert f"about {limits.bots:,};" in said["bots"]
    assert f"{limits.reply_ms // 1000} s " in said["<token>"]
    assert f"then {limits.journal_ms // 86_400_000} days" in said["<match>"]
    assert limits.lapsed_ms == 60_000  # "a minute later"
