"""One history: whatever engines do to each other, every entry counts exactly once, in order, by the newest epoch.

Up to three engines take, lose, renew and release one shard, read its log, commit, crash, lose answers, and have
commits that arrive long after they gave them up. A model says after each step what Redis must hold and what must
have been published, to the byte.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import msgspec
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from rooms.core.ids import PlayerId, SocketId
from rooms.core.inputs import ChatBody, Command, Entry, parse_pack
from rooms.store import START, Commit, Fenced, Lease, Limits, Store, StoreUnavailable
from rooms.store.client import Client
from rooms.store.keys import shard_keys
from rooms.store.lua import Call
from tests.rooms.store.making import ROOM, TTL, WEB, Valkey

T = TypeVar("T")
KEYS = shard_keys(0)
LIMITS = Limits(reply_ms=600_000)
ENGINES = st.integers(0, 2)
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
class Engine:
    """What an engine has in memory, right or wrong."""

    name: str
    store: Store
    wire: Wire
    lease: Lease | None = None
    head: int | None = None
    """Of its picture, by the model's count; None when it must load first."""
    last: str = START
    effects: list[int] = field(default_factory=list)
    saved: int = 0


@dataclass(frozen=True)
class Sent:
    """A commit that was given to the wire: what it may do, if it does anything."""

    owner: str
    epoch: int
    head: int | None
    effects: tuple[int, ...]
    number: int
    call: Call | None = None


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
    return any(engine.lease for engine in history.engines)


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
        self.web = Store(url, 1, LIMITS)
        self.born = 0
        self.engines = [self.new_engine() for _ in range(3)]
        self.late: list[Sent] = []
        self.sent = 0
        # The model: what Redis must hold.
        self.ids: list[str] = []
        self.holder = ""
        self.lapsed = False
        self.epoch = 0
        self.history: list[int] = []
        self.head = 0
        self.done: list[int] = []
        self.heard: list[bytes] = []

    def new_engine(self) -> Engine:
        """An engine process that just began."""
        self.born += 1
        store = Store(self.url, 1, LIMITS)
        wire = Wire(store._client)
        setattr(store._client, "attempt_scripts", wire.attempt_scripts)  # noqa: B010  (a method in the place of a method)
        return Engine(f"engine-{self.born}", store, wire)

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        """Let the store do something."""
        return self.loop.run_until_complete(what)

    def owns(self, owner: str, epoch: int) -> bool:
        """By the model."""
        return (owner, epoch) == (self.holder, self.epoch)

    def leased(self, data: st.DataObject) -> int:
        """One of the engines that have, or believe to have, a lease; more often the one that is right."""
        believers = [at for at, engine in enumerate(self.engines) if engine.lease]
        owners = [at for at in believers if self.engines[at].lease == Lease(0, self.holder, self.epoch)]
        return data.draw(st.sampled_from(believers + 3 * owners))

    # -- what happens

    @rule(count=st.integers(1, 4))
    def append(self, count: int) -> None:
        first = len(self.ids) + 1
        self.ids += self.run(self.web.append([(0, entry(n)) for n in range(first, first + count)]))

    @rule(which=ENGINES)
    def take(self, which: int) -> None:
        engine = self.engines[which]
        lease = self.run(engine.store.take(0, engine.name, TTL))
        assert (lease is not None) == (self.lapsed or self.holder in ("", engine.name))
        if lease is not None:
            assert lease.epoch > self.epoch
            self.holder, self.lapsed, self.epoch = engine.name, False, lease.epoch
            engine.lease = lease
            self.load(which)

    @precondition(some_lease)
    @rule(data=st.data())
    def load_again(self, data: st.DataObject) -> None:
        """Most often an engine that does not know what became of its commit."""
        unsure = [at for at, engine in enumerate(self.engines) if engine.lease and engine.head is None]
        self.load(data.draw(st.sampled_from(unsure)) if unsure else self.leased(data))

    def load(self, which: int) -> None:
        """Redis' truth, for the owner alone."""
        engine = self.engines[which]
        assert engine.lease is not None
        try:
            loaded = self.run(engine.store.load(engine.lease))
        except Fenced:
            assert not self.owns(engine.name, engine.lease.epoch)
            return
        assert self.owns(engine.name, engine.lease.epoch)
        blob = loaded.rooms.get(ROOM)
        engine.effects = [] if blob is None else msgspec.msgpack.decode(blob, type=list[int])
        assert engine.effects == self.history
        engine.last, engine.saved, engine.head = loaded.last, len(engine.effects), self.head

    @precondition(some_lease)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        lease = self.engines[self.leased(data)].lease
        assert lease is not None
        lost = self.run(self.web.renew([lease], TTL))
        assert (lost == []) == (self.owns(lease.owner, lease.epoch) and not self.lapsed)

    @precondition(some_lease)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        lease = self.engines[self.leased(data)].lease
        assert lease is not None
        self.run(self.web.release(lease))
        if self.owns(lease.owner, lease.epoch):
            self.holder, self.lapsed = "", False

    @precondition(lambda self: self.holder and not self.lapsed)
    @rule()
    def lapse(self) -> None:
        """The lease's time runs out."""
        self.redis.hset(KEYS.lease, "until", 1)
        self.lapsed = True

    @precondition(lambda self: self.late)
    @rule(data=st.data())
    def take_anew(self, data: st.DataObject) -> None:
        """An engine gave a commit up, takes its shard anew and loads it; then the commit arrives."""
        names = [engine.name for engine in self.engines]
        if self.late[-1].owner in names:
            self.take(names.index(self.late[-1].owner))
            self.arrive(self.late.pop())

    @rule(which=ENGINES)
    def take_over(self, which: int) -> None:
        """The holder hangs until its lease lapses, and another takes the shard."""
        if self.holder:
            self.lapse()
        self.take(which)

    @precondition(some_lease)
    @rule(data=st.data(), how=st.sampled_from(["killed", "forgotten scripts"]))
    def trouble(self, data: st.DataObject, how: str) -> None:
        """An engine's process is killed, or Redis forgets its scripts."""
        if how == "killed":
            self.crash(self.leased(data))
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
        self.work(self.leased(data), count)

    def work(self, which: int, count: int) -> None:
        """Read some entries and apply them."""
        engine = self.engines[which]
        for _, rows in self.run(engine.store.read({0: engine.last}, block_ms=0, count=count)):
            engine.effects += [number_of(raw) for _, raw in rows]
            engine.last = rows[-1][0]

    @precondition(some_lease)
    @rule(data=st.data(), count=st.integers(0, 5))
    def good_pass(self, data: st.DataObject, count: int) -> None:
        """An engine reads, applies, commits and hears what became of it."""
        self.pass_(self.leased(data), count, "arrives")

    @precondition(some_lease)
    @rule(data=st.data(), count=st.integers(0, 5), fate=st.sampled_from(FATES))
    def bad_pass(self, data: st.DataObject, count: int, fate: str) -> None:
        """The same, but the engine never learns what became of its commit."""
        self.pass_(self.leased(data), count, fate)

    def pass_(self, which: int, count: int, fate: str) -> None:
        """Read and apply some entries, and commit."""
        if count:
            self.work(which, count)
        self.commit(which, fate)

    def commit(self, which: int, fate: str) -> None:
        """Everything the engine has that is not saved, by its own belief."""
        engine = self.engines[which]
        assert engine.lease is not None
        self.sent += 1
        new = engine.effects[engine.saved :]
        sent = Sent(engine.name, engine.lease.epoch, engine.head, tuple(engine.effects), self.sent)
        commit = Commit(
            engine.lease,
            last=engine.last if new else None,
            rooms={ROOM: msgspec.msgpack.encode(engine.effects)},
            cards={ROOM: b"card %d" % self.sent},
            events={ROOM: [b"%d" % n for n in new]} if new else {},
            outbox=[b"%d" % n for n in new],
            bots=[b"%d" % self.sent],
            parcels={WEB: b"%d" % self.sent},
            replies={f"token-{self.sent}": b"yes"},
        )
        engine.wire.fate = fate
        try:
            (fenced,) = self.run(engine.store.commit([commit], TTL))
        except StoreUnavailable:
            assert fate != "arrives"
            engine.head = None
            if fate == "answer lost":
                self.apply(sent)
            if fate == "late":
                self.late.append(replace(sent, call=engine.wire.late.pop()))
            return
        assert fate == "arrives"
        assert (fenced is None) == self.apply(sent)
        engine.head = self.head if fenced is None else None
        engine.saved = len(engine.effects)

    @precondition(lambda self: self.late)
    @rule(data=st.data())
    def arrive_late(self, data: st.DataObject) -> None:
        """A commit that everybody had given up reaches Redis after all."""
        self.arrive(self.late.pop(data.draw(st.integers(0, len(self.late) - 1))))

    def arrive(self, sent: Sent) -> None:
        """What Redis says to a late commit."""
        assert sent.call is not None
        (answer,) = self.run(self.web._client.scripts([sent.call]))
        assert isinstance(answer, int) == self.apply(sent)

    # -- the model

    def apply(self, sent: Sent) -> bool:
        """What Redis must make of a commit; whether it takes it."""
        if not self.owns(sent.owner, sent.epoch) or sent.head != self.head:
            return False
        self.history = list(sent.effects)
        self.head += 1
        self.lapsed = False
        self.done.append(sent.number)
        return True

    @invariant()
    def redis_holds_the_one_history(self) -> None:
        """And nothing but what was committed got out."""
        with self.redis.pipeline(transaction=False) as ask:
            ask.hmget(KEYS.meta, "commits", "last").hmget(KEYS.lease, "owner", "epoch").hget(KEYS.rooms, ROOM)
            ask.lrange(KEYS.events(ROOM), 0, -1).xrange(KEYS.outbox).xrange(KEYS.bots).xrange(KEYS.log)
            ask.keys(KEYS.reply("*")).publish("end", "")
            (head, last), (owner, epoch), blob, events, outbox, bots, log, replies, _ = ask.execute()
        count = len(self.history)
        assert self.history == list(range(1, count + 1))  # each once, in order
        effects = [b"%d" % n for n in self.history]
        assert (int(epoch or 0), (owner or b"").decode()) == (self.epoch, self.holder)
        assert int(head or 0) == self.head
        assert (last or START.encode()).decode() == (self.ids[count - 1] if count else START)
        assert (blob or b"\x90") == msgspec.msgpack.encode(self.history)
        assert events == effects[-LIMITS.events :]
        assert [fields[b"f"] for _, fields in outbox] == effects
        assert [id_.decode() for id_, _ in log] == self.ids[count:]
        assert [fields[b"f"] for _, fields in bots] == [b"%d" % n for n in self.done]
        assert {key.decode() for key in replies} == {KEYS.reply(f"token-{n}") for n in self.done}
        self.listen()
        self.heard = [heard for heard in self.heard if heard]  # "" is of a new memory: read all cards again
        parcels = [heard for heard in self.heard if b"card" not in heard]
        assert parcels == [b"%d:%d" % (n, number) for n, number in enumerate(self.done, 1)]
        assert len(self.heard) == 2 * len(self.done)

    def listen(self) -> None:
        """Hear all that was published before the word "end"."""
        while (message := self.ears.get_message(timeout=5)) is not None and message["channel"] != b"end":
            self.heard.append(message["data"])
        assert message is not None

    def teardown(self) -> None:
        """Whatever happened: the next engine takes the shard and every entry ever appended counts."""
        try:
            if self.holder:
                self.lapse()
            self.crash(0)
            self.take(0)
            for _ in range(1 + len(self.ids) // 5):
                self.work(0, 5)
            self.commit(0, "arrives")
            assert self.history == list(range(1, len(self.ids) + 1))
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
