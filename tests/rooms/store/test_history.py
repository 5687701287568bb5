"""One history of each shard: whatever engines do to each other, every entry counts once, in order, by the newest epoch.

Up to three engines take, lose, renew and release two shards, read their logs, commit both in one call, crash, lose
answers, and have commits that arrive long after they gave them up. A model says after each step what Redis must hold
and what must have been published, to the byte.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from rooms.core.ids import PlayerId, SocketId
from rooms.core.inputs import ChatBody, Command, Entry, parse_pack
from rooms.store import START, Commit, Fenced, Lease, Limits, Parcelled, Store, StoreUnavailable
from rooms.store.client import Client
from rooms.store.keys import ShardKeys, shard_keys
from rooms.store.lua import Call
from rooms.store.mailbox import split
from tests.rooms.store.making import ROOM, TTL, WEB, Valkey

T = TypeVar("T")
SHARDS = (0, 1)
KEYS = [shard_keys(shard) for shard in SHARDS]
LIMITS = Limits(reply_ms=600_000)
ENGINES = st.integers(0, 2)
ONE = st.sampled_from(SHARDS)
FATES = ("answer lost", "never sent", "late", "late")


class Wire:
    """Between an engine and Redis: decides what becomes of the next commit."""

    def __init__(self, client: Client) -> None:
        """Every other script passes."""
        self._scripts = client.attempt_scripts
        self.fate = "arrives"
        self.late: list[Call] = []

    async def attempt_scripts(self, calls: Sequence[Call], replicas: int = 0) -> list[Any]:
        """In the place of Client.attempt_scripts."""
        fate, self.fate = self.fate, "arrives"
        if fate == "late":
            self.late.extend(calls)
        if fate in ("late", "never sent"):
            raise StoreUnavailable(fate)
        answers = await self._scripts(calls, replicas)
        if fate == "answer lost":
            raise StoreUnavailable(fate)
        return answers


@dataclass
class Picture:
    """What an engine has in memory of a shard, right or wrong."""

    lease: Lease | None = None
    head: int | None = None
    """By the model's count; None when it must load first."""
    last: str = START
    effects: list[int] = field(default_factory=list)
    saved: int = 0


@dataclass
class Engine:
    """An engine process."""

    name: str
    store: Store
    wire: Wire
    pictures: tuple[Picture, Picture] = field(default_factory=lambda: (Picture(), Picture()))

    @property
    def leased(self) -> list[int]:
        """The shards that it has, or believes to have."""
        return [shard for shard in SHARDS if self.pictures[shard].lease]


@dataclass(frozen=True)
class Sent:
    """A commit of one shard that was given to the wire: what it may do, if it does anything."""

    shard: int
    owner: str
    epoch: int
    head: int | None
    effects: tuple[int, ...]
    number: int


@dataclass
class Truth:
    """What Redis must hold of a shard, by the model."""

    ids: list[str] = field(default_factory=list)
    holder: str = ""
    lapsed: bool = False
    epoch: int = 0
    history: list[int] = field(default_factory=list)
    head: int = 0
    done: list[int] = field(default_factory=list)

    def owns(self, owner: str, epoch: int) -> bool:
        return (owner, epoch) == (self.holder, self.epoch)


def entry(number: int) -> Entry:
    """The entry whose effect is `number`."""
    return Entry(ROOM, Command(SocketId("s"), PlayerId("p"), number, ChatBody("")))


def number_of(raw: bytes) -> int:
    """The effect of an entry."""
    act = parse_pack(raw)[0].act
    assert isinstance(act, Command)
    return act.seq


def some_lease(history: History) -> bool:
    """Some engine has, or believes to have, a lease."""
    return any(engine.leased for engine in history.engines)


class History(RuleBasedStateMachine):
    """The rules, and the model beside them."""

    def __init__(self, url: str) -> None:
        """An empty Redis, three engines that own nothing."""
        super().__init__()
        self.url = url
        self.loop = asyncio.new_event_loop()
        self.redis: Valkey = redis.Redis.from_url(url)
        self.redis.flushall()
        self.redis.script_flush()
        self.ears = self.redis.pubsub(ignore_subscribe_messages=True)
        self.ears.psubscribe("*")
        assert self.ears.get_message(timeout=1) is None
        self.web = Store(url, len(SHARDS), LIMITS)
        self.born = 0
        self.engines = [self.new_engine() for _ in range(3)]
        self.late: list[tuple[Call, list[Sent]]] = []
        self.sent = 0
        self.truths = [Truth() for _ in SHARDS]
        self.posted: list[list[Parcelled]] = []
        self.heard: list[tuple[bytes, bytes]] = []

    def new_engine(self) -> Engine:
        """An engine process that just began."""
        self.born += 1
        store = Store(self.url, len(SHARDS), LIMITS)
        wire = Wire(store._client)
        setattr(store._client, "attempt_scripts", wire.attempt_scripts)  # noqa: B010  (a method in the place of a method)
        return Engine(f"engine-{self.born}", store, wire)

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        """Let the store do something."""
        return self.loop.run_until_complete(what)

    def leased(self, data: st.DataObject) -> tuple[int, int]:
        """An engine and a shard that it has, or believes to have; more often one that is right."""
        pairs = [(at, shard) for at, engine in enumerate(self.engines) for shard in engine.leased]
        right = [(at, shard) for at, shard in pairs if self.is_right(at, shard)]
        return data.draw(st.sampled_from(pairs + 3 * right))

    def is_right(self, which: int, shard: int) -> bool:
        """By the model, its lease is the shard's."""
        lease = self.engines[which].pictures[shard].lease
        return lease is not None and self.truths[shard].owns(lease.owner, lease.epoch)

    # -- what happens

    @rule(shard=ONE, count=st.integers(1, 4))
    def append(self, shard: int, count: int) -> None:
        ids = self.truths[shard].ids
        first = len(ids) + 1
        ids += self.run(self.web.append([(shard, entry(n)) for n in range(first, first + count)]))

    @rule(which=ENGINES, shard=ONE)
    def take(self, which: int, shard: int) -> None:
        engine, truth = self.engines[which], self.truths[shard]
        lease = self.run(engine.store.take(shard, engine.name, TTL))
        assert (lease is not None) == (truth.lapsed or truth.holder in ("", engine.name))
        if lease is not None:
            assert lease.epoch > truth.epoch
            truth.holder, truth.lapsed, truth.epoch = engine.name, False, lease.epoch
            engine.pictures[shard].lease = lease
            self.load(which, shard)

    @rule(which=ENGINES)
    def take_both(self, which: int) -> None:
        """As far as they are to be had."""
        for shard in SHARDS:
            self.take(which, shard)

    @precondition(some_lease)
    @rule(data=st.data())
    def load_again(self, data: st.DataObject) -> None:
        """Most often an engine that does not know what became of its commit."""
        unsure = [
            (at, shard)
            for at, engine in enumerate(self.engines)
            for shard in engine.leased
            if engine.pictures[shard].head is None
        ]
        self.load(*(data.draw(st.sampled_from(unsure)) if unsure else self.leased(data)))

    def load(self, which: int, shard: int) -> None:
        """Redis' truth, for the owner alone."""
        engine, truth = self.engines[which], self.truths[shard]
        picture = engine.pictures[shard]
        assert picture.lease is not None
        try:
            loaded = self.run(engine.store.load(picture.lease))
        except Fenced:
            assert not self.is_right(which, shard)
            return
        assert self.is_right(which, shard)
        blob = loaded.rooms.get(ROOM)
        picture.effects = [] if blob is None else msgspec.msgpack.decode(blob, type=list[int])
        assert picture.effects == truth.history
        picture.last, picture.saved, picture.head = loaded.last, len(picture.effects), truth.head

    @precondition(some_lease)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        which, shard = self.leased(data)
        lease = self.engines[which].pictures[shard].lease
        assert lease is not None
        lost = self.run(self.web.renew([lease], TTL))
        assert (lost == []) == (self.is_right(which, shard) and not self.truths[shard].lapsed)

    @precondition(some_lease)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        which, shard = self.leased(data)
        lease = self.engines[which].pictures[shard].lease
        assert lease is not None
        self.run(self.web.release(lease))
        if self.is_right(which, shard):
            self.truths[shard].holder, self.truths[shard].lapsed = "", False

    @precondition(lambda self: any(truth.holder and not truth.lapsed for truth in self.truths))
    @rule(data=st.data())
    def lapse(self, data: st.DataObject) -> None:
        """The lease's time runs out."""
        held = [shard for shard in SHARDS if self.truths[shard].holder and not self.truths[shard].lapsed]
        self.let_lapse(data.draw(st.sampled_from(held)))

    def let_lapse(self, shard: int) -> None:
        if self.truths[shard].holder:
            self.redis.hset(KEYS[shard].lease, "until", 1)
            self.truths[shard].lapsed = True

    @precondition(lambda self: self.late)
    @rule()
    def take_anew(self) -> None:
        """An engine gave a commit up, takes a shard of it anew and loads it; then the commit arrives."""
        names = [engine.name for engine in self.engines]
        _, sent = self.late[-1]
        if sent[0].owner in names:
            self.take(names.index(sent[0].owner), sent[0].shard)
            self.arrive(*self.late.pop())

    @rule(which=ENGINES, shard=ONE)
    def take_over(self, which: int, shard: int) -> None:
        """The holder hangs until its lease lapses, and another takes the shard."""
        self.let_lapse(shard)
        self.take(which, shard)

    @precondition(some_lease)
    @rule(data=st.data(), how=st.sampled_from(["killed", "forgotten scripts"]))
    def trouble(self, data: st.DataObject, how: str) -> None:
        """An engine's process is killed, or Redis forgets its scripts."""
        if how == "killed":
            self.crash(self.leased(data)[0])
        else:
            self.redis.script_flush()

    def crash(self, which: int) -> None:
        """An engine's process is killed and another begins; what it had sent may still be on its way."""
        self.run(self.engines[which].store.aclose())
        self.engines[which] = self.new_engine()

    @precondition(some_lease)
    @rule(data=st.data(), count=st.integers(1, 5))
    def read_on(self, data: st.DataObject, count: int) -> None:
        """Owner or not: an engine that lost its shard does not know it yet."""
        self.work(*self.leased(data), count)

    def work(self, which: int, shard: int, count: int) -> None:
        """Read some entries and apply them."""
        engine = self.engines[which]
        picture = engine.pictures[shard]
        for _, rows in self.run(engine.store.read({shard: picture.last}, block_ms=0, count=count)):
            picture.effects += [number_of(raw) for _, raw in rows]
            picture.last = rows[-1][0]

    @precondition(some_lease)
    @rule(data=st.data(), count=st.integers(0, 5))
    def good_pass(self, data: st.DataObject, count: int) -> None:
        """An engine reads, applies, commits all it has in one call, and hears what became of it."""
        self.pass_(self.leased(data)[0], count, "arrives")

    @precondition(some_lease)
    @rule(data=st.data(), count=st.integers(0, 5), fate=st.sampled_from(FATES))
    def bad_pass(self, data: st.DataObject, count: int, fate: str) -> None:
        """The same, but the engine never learns what became of its commit."""
        self.pass_(self.leased(data)[0], count, fate)

    def pass_(self, which: int, count: int, fate: str) -> None:
        """Read and apply some entries, and commit."""
        for shard in self.engines[which].leased if count else ():
            self.work(which, shard, count)
        self.commit(which, fate)

    def commit(self, which: int, fate: str) -> None:
        """Everything the engine has that is not saved, by its own belief, of all its shards."""
        engine = self.engines[which]
        both = [self.written(engine, shard) for shard in engine.leased]
        sent = [one for one, _ in both]
        engine.wire.fate = fate
        try:
            results = self.run(engine.store.commit([commit for _, commit in both], TTL))
        except StoreUnavailable:
            assert fate != "arrives"
            for shard in engine.leased:
                engine.pictures[shard].head = None
            if fate == "answer lost":
                self.apply(sent)
            if fate == "late":
                self.late.append((engine.wire.late.pop(), sent))
            return
        assert fate == "arrives"
        assert [fenced is None for fenced in results] == self.apply(sent)
        for shard, fenced in zip(engine.leased, results, strict=True):
            picture = engine.pictures[shard]
            picture.head = self.truths[shard].head if fenced is None else None
            picture.saved = len(picture.effects)

    def written(self, engine: Engine, shard: int) -> tuple[Sent, Commit]:
        """The commit of one shard, and what the model keeps of it."""
        picture = engine.pictures[shard]
        assert picture.lease is not None
        self.sent += 1
        new = picture.effects[picture.saved :]
        sent = Sent(shard, engine.name, picture.lease.epoch, picture.head, tuple(picture.effects), self.sent)
        return sent, Commit(
            picture.lease,
            last=picture.last if new else None,
            rooms={ROOM: msgspec.msgpack.encode(picture.effects)},
            cards={ROOM: b"card %d" % self.sent},
            events={ROOM: [b"%d" % n for n in new]} if new else {},
            outbox=[b"%d" % n for n in new],
            bots=[b"%d" % self.sent],
            parcels={WEB: b"%d" % self.sent},
            replies={f"token-{self.sent}": b"yes"},
        )

    @precondition(lambda self: self.late)
    @rule(data=st.data())
    def arrive_late(self, data: st.DataObject) -> None:
        """A commit that everybody had given up reaches Redis after all."""
        self.arrive(*self.late.pop(data.draw(st.integers(0, len(self.late) - 1))))

    def arrive(self, call: Call, sent: list[Sent]) -> None:
        """What Redis says to a late commit."""
        (answers,) = self.run(self.web._client.scripts([call]))
        assert [isinstance(answer, int) for answer in answers] == self.apply(sent)

    # -- the model

    def apply(self, sent: list[Sent]) -> list[bool]:
        """What Redis must make of a call: of each shard's commit, whether it takes it."""
        taken = [one for one in sent if self.take_in(one)]
        if taken:
            self.posted.append(
                [Parcelled(one.shard, len(self.truths[one.shard].done), b"%d" % one.number) for one in taken]
            )
        return [one in taken for one in sent]

    def take_in(self, sent: Sent) -> bool:
        """Whether Redis takes the commit of one shard."""
        truth = self.truths[sent.shard]
        if not truth.owns(sent.owner, sent.epoch) or sent.head != truth.head:
            return False
        truth.history = list(sent.effects)
        truth.head += 1
        truth.lapsed = False
        truth.done.append(sent.number)
        return True

    @invariant()
    def redis_holds_the_one_history(self) -> None:
        """Of each shard; and nothing but what was committed got out."""
        for truth, keys in zip(self.truths, KEYS, strict=True):
            self.compare(truth, keys)
        self.redis.publish("end", "")
        self.listen()
        cards = [data for channel, data in self.heard if channel == b"hf:cards" and data]  # "" is of a new memory
        assert len(cards) == sum(len(truth.done) for truth in self.truths)
        posts = [split(data) for channel, data in self.heard if channel != b"hf:cards"]
        assert posts == self.posted

    def compare(self, truth: Truth, keys: ShardKeys) -> None:
        """What Redis has of a shard with what it must have."""
        with self.redis.pipeline(transaction=False) as ask:
            ask.hmget(keys.meta, "commits", "last").hmget(keys.lease, "owner", "epoch").hget(keys.rooms, ROOM)
            ask.lrange(keys.events(ROOM), 0, -1).xrange(keys.outbox).xrange(keys.bots).xrange(keys.log)
            ask.keys(keys.reply("*"))
            (head, last), (owner, epoch), blob, events, outbox, bots, log, replies = ask.execute()
        count = len(truth.history)
        assert truth.history == list(range(1, count + 1))  # each once, in order
        effects = [b"%d" % n for n in truth.history]
        assert (int(epoch or 0), (owner or b"").decode()) == (truth.epoch, truth.holder)
        assert int(head or 0) == truth.head
        assert (last or START.encode()).decode() == (truth.ids[count - 1] if count else START)
        assert (blob or b"\x90") == msgspec.msgpack.encode(truth.history)
        assert events == effects[-LIMITS.events :]
        assert [fields[b"f"] for _, fields in outbox] == effects
        assert [id_.decode() for id_, _ in log] == truth.ids[count:]
        assert [fields[b"f"] for _, fields in bots] == [b"%d" % n for n in truth.done]
        assert {key.decode() for key in replies} == {keys.reply(f"token-{n}") for n in truth.done}

    def listen(self) -> None:
        """Hear all that was published before the word "end"."""
        while (message := self.ears.get_message(timeout=5)) is not None and message["channel"] != b"end":
            self.heard.append((message["channel"], message["data"]))
        assert message is not None

    def teardown(self) -> None:
        """Whatever happened: the next engine takes the shards and every entry ever appended counts."""
        try:
            for shard in SHARDS:
                self.let_lapse(shard)
            self.crash(0)
            self.take_both(0)
            for shard in SHARDS:
                for _ in range(1 + len(self.truths[shard].ids) // 5):
                    self.work(0, shard, 5)
            self.commit(0, "arrives")
            assert [truth.history for truth in self.truths] == [
                list(range(1, len(truth.ids) + 1)) for truth in self.truths
            ]
            self.redis_holds_the_one_history()
        finally:
            for store in [self.web, *(engine.store for engine in self.engines)]:
                self.run(store.aclose())
            self.ears.close()
            self.redis.close()
            self.loop.close()


def test_any_interleaving_is_one_history(valkey_url: str) -> None:
    class Here(History):
        def __init__(self) -> None:
            super().__init__(valkey_url)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=80,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
