"""The commit: the one way anything about a room is written, and the one place anything is published from.

engine -> Commit -> scripts/commit.lua -> rooms, cards, events, outbox, replies, log position; then parcels ->
hubs

One call of the script for each pass of the engine, over all shards that the pass changed; on a cluster one for each
shard. For each shard it checks the lease's epoch first, so that of two engines that both believe they own it only the
newer one writes. It also checks the head (how many commits the shard has had): an engine whose picture is not the
shard's newest, whatever the cause (Redis came back from an older file, an earlier commit's outcome is unknown), is
refused in the same way and loads anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import msgspec

from rooms.core.ids import RoomId, WebId
from rooms.store.client import Client
from rooms.store.connections import Answer, Argument, raise_refusals, refusal
from rooms.store.errors import Fenced, StoreUnavailable
from rooms.store.keys import CARD_FEED, ShardKeys
from rooms.store.leases import Lease
from rooms.store.limits import Limits
from rooms.store.lua import Call, read_script
from rooms.store.parts import feed, section
from rooms.store.telling import Telling, prefix, verb

COMMIT = read_script("commit")
UNKNOWN: Final = -1
"""The head of a shard that must be loaded before anything is written: it equals no number of commits."""

_paces = msgspec.msgpack.Decoder(dict[RoomId, bytes])


Paces: TypeAlias = "dict[RoomId, bytes]"
"""What changes at every tick, by room: kept together, because one value costs Redis no more for twenty rooms than for
one.
"""
MatchId = tuple[RoomId, int]
"""A match by its room and its number there."""


@dataclass(slots=True)
class Commit:
    """What one pass changed in one shard. What did not change is left out; everything is encoded already.

    `last`: the id of the newest log entry whose effect is in here (None: no new one). `paces`: how far the rooms of a
    group are, which is always written whole; none: the group goes. `closed`: rooms that end: their state, card and
    events go. `events`: new ones, oldest first. `parcels`: for each web process. `replies`: for each token.
    `journals`: new lines, by room and match; `whole`: journals that nothing is added to any more; `given_up`: those
    that go.
    """

    lease: Lease
    last: str | None = None
    rooms: dict[RoomId, bytes] = field(default_factory=dict)
    paces: dict[int, Paces] = field(default_factory=dict)
    closed: list[RoomId] = field(default_factory=list)
    cards: dict[RoomId, bytes] = field(default_factory=dict)
    events: dict[RoomId, list[bytes]] = field(default_factory=dict)
    outbox: list[bytes] = field(default_factory=list)
    bots: list[bytes] = field(default_factory=list)
    parcels: dict[WebId, bytes] = field(default_factory=dict)
    replies: dict[str, bytes] = field(default_factory=dict)
    journals: dict[MatchId, bytes] = field(default_factory=dict)
    whole: list[MatchId] = field(default_factory=list)
    given_up: list[MatchId] = field(default_factory=list)
    trims: bool = True
    """Whether what is up to `last` leaves the log now. A later commit may do it for many: `last` says what counts."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What Redis has acknowledged of a shard: so many commits, the last one under this epoch."""

    memory: str
    epoch: int
    head: int


class Heads:
    """The number of the last commit known under each lease we hold: what the next commit must find."""

    def __init__(self) -> None:
        """Nothing is known: a lease that was not loaded here is checked by its epoch alone."""
        self._heads: dict[int, tuple[int, int]] = {}
        self._kept: dict[int, Kept] = {}

    def get(self, lease: Lease) -> int | None:
        """The head, UNKNOWN, or None when this lease was never loaded here."""
        epoch, head = self._heads.get(lease.shard, (0, 0))
        return head if epoch == lease.epoch else None

    def set(self, lease: Lease, head: int) -> None:
        """The shard is at `head` under this lease."""
        self._heads[lease.shard] = (lease.epoch, head)
        if head != UNKNOWN:
            self._kept[lease.shard] = Kept(lease.memory, lease.epoch, head)

    def kept(self) -> dict[int, Kept]:
        """What Redis has acknowledged to this process, by shard, under whatever lease."""
        return dict(self._kept)


class Commits:
    """Committing, for all shards of an engine at once."""

    def __init__(self, client: Client, shards: Sequence[ShardKeys], limits: Limits, heads: Heads) -> None:
        """`shards`: the keys of every shard, in order. `heads` is shared with loading."""
        self._client = client
        self._shards = shards
        self._limits = limits
        self._heads = heads
        self._telling = Telling(client, shards, limits)

    async def commit(self, commits: Sequence[Commit], ttl_ms: int) -> list[Fenced | StoreUnavailable | None]:
        """Commit each, in one round trip, all or nothing for each. A lease with little left of `ttl_ms` is renewed.

        For each: None when it is done; Fenced when nothing of it was; StoreUnavailable when Redis refused it or a
        node of its cluster failed: it is then unknown, and the shard takes no more commits from us until it is
        loaded again. Raises StoreUnavailable when that is so for all. One commit for each shard at a time: the
        next one after this one's answer.

        With `limits.wait_replicas` nothing is published or answered before so many replicas have the commit.
        """
        if not commits:
            return []
        # On a cluster no call may name two shards; elsewhere one for all costs a part of as many as there are shards.
        groups = [[commit] for commit in commits] if self._client.nodes.spread else [commits]
        calls = [self._call(group, ttl_ms) for group in groups]
        for commit in commits:  # until its answer is there: the call may fail, or be cancelled
            self._heads.set(commit.lease, UNKNOWN)
        said = await self._client.attempt_scripts(calls, self._limits.wait_replicas)
        raise_refusals(answer for answer in said if refusal(answer) is None)
        answers: list[Answer] = []
        for group, answer in zip(groups, said, strict=True):
            answers += answer if isinstance(answer, list) else [answer] * len(group)
        if self._limits.wait_replicas:
            answers = await self._tell(commits, answers)
        return [self._settle(commit.lease, answer) for commit, answer in zip(commits, answers, strict=True)]

    async def _tell(self, commits: Sequence[Commit], answers: list[Answer]) -> list[Answer]:
        """Publish those that were done; the answers, those of them replaced that were not published."""
        done = [at for at, answer in enumerate(answers) if isinstance(answer, int)]
        told = await self._telling.tell([(commits[at], answers[at], feed(commits[at])) for at in done])
        raise_refusals(answer for answer in told if refusal(answer) is None)
        for at, said in zip(done, told, strict=True):
            if said == 0:
                answers[at] = StoreUnavailable("The shard was taken before its commit could be told.")
            elif said != 1:
                answers[at] = said
        return answers

    def _settle(self, lease: Lease, answer: Answer) -> Fenced | StoreUnavailable | None:
        refused = refusal(answer)
        if refused is not None:
            return refused
        if isinstance(answer, int):
            self._heads.set(lease, answer)
            return None
        owner, epoch, _head = answer
        ours = owner.decode() == lease.owner and int(epoch) == lease.epoch
        return Fenced(lease.shard, lease.epoch, owner.decode(), int(epoch), "head" if ours else "lease")

    def _call(self, commits: Sequence[Commit], ttl_ms: int) -> Call:
        limits, told = self._limits, not self._limits.wait_replicas
        keys: list[str] = []
        args: list[Argument] = [
            ttl_ms,
            verb(self._client),
            prefix(self._client, self._shards[commits[0].lease.shard]),
            CARD_FEED,
            limits.events,
            limits.reply_ms,
            limits.outbox,
            limits.bots,
            limits.journal_ms,
            limits.message_bytes,
        ]
        for commit in commits:
            lease = commit.lease
            more_keys, more_args = section(commit, self._shards[lease.shard], self._heads.get(lease), told=told)
            keys += more_keys
            args += more_args
        return COMMIT, keys, args


def read_paces(groups: Iterable[bytes]) -> Paces:
    """What groups of paces hold, by room, as they stand in Redis."""
    found: Paces = {}
    for raw in groups:
        found.update(_paces.decode(raw))
    return found
