"""A commit as scripts/commit.lua takes it: the shard's fence, then its parts, each with its keys and its arguments.

Parts with nothing in them are left out: an ordinary tick has one of paces, one of journals and one of parcels.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from rooms.core.ids import RoomId
from rooms.store.connections import Argument
from rooms.store.keys import ShardKeys
from rooms.store.log import after

if TYPE_CHECKING:
    from rooms.store.commit import Commit, MatchId

_encode = msgspec.msgpack.Encoder().encode


class Parts:
    """The keys and arguments of one commit, in the script's order."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.args: list[Argument] = []

    def add(self, name: str, count: int, keys: Iterable[str], args: Iterable[Argument] = ()) -> None:
        """A part of `count` things, if there are any."""
        if count:
            self.keys += keys
            self.args += (name, count)
            self.args += args


def section(commit: Commit, keys: ShardKeys, head: int | None, *, told: bool) -> tuple[list[str], list[Argument]]:
    """The keys and arguments of one shard. `head`: of our picture, None for any.

    Not `told`: what is published or answered is left out, and the commit is marked as not told of.
    """
    parts = parts_of(commit, keys, told=told)
    lease, last = commit.lease, commit.last or ""
    known: Argument = "" if head is None else head
    args: list[Argument] = [lease.shard, lease.owner, lease.epoch, known, last, len(parts.keys), len(parts.args)]
    return [keys.lease, keys.meta, *parts.keys], args + parts.args


def parts_of(commit: Commit, keys: ShardKeys, *, told: bool) -> Parts:
    """All parts of a commit."""
    parts = Parts()
    if commit.paces:
        paces: list[Argument] = []
        for group, several in commit.paces.items():
            paces += (group, _encode(several) if several else b"")
        parts.add("paces", len(commit.paces), [keys.paces], paces)
    _add_rooms(parts, commit, keys)
    if told:
        parts.add("replies", len(commit.replies), map(keys.reply, commit.replies), commit.replies.values())
    parts.add("journals", len(commit.journals), _journals(keys, commit.journals), commit.journals.values())
    parts.add("whole", len(commit.whole), _journals(keys, commit.whole))
    parts.add("given_up", len(commit.given_up), _journals(keys, commit.given_up))
    if commit.last and commit.trims:
        parts.add("trim", 1, [keys.log], [after(commit.last)])
    if not told:
        parts.add("untold", 1, ())
    if said := feed(commit):
        parts.add("fed", 1, (), [said if told else b""])
    if told:
        parts.add("parcels", len(commit.parcels), [keys.out], chain.from_iterable(commit.parcels.items()))
    return parts


def _add_rooms(parts: Parts, commit: Commit, keys: ShardKeys) -> None:
    """What changed in rooms by more than a step, and what they have to say to others. Most often nothing."""
    if not (commit.rooms or commit.cards or commit.events or commit.closed or commit.outbox or commit.bots):
        return
    parts.add("rooms", len(commit.rooms), [keys.rooms], chain.from_iterable(commit.rooms.items()))
    parts.add("cards", len(commit.cards), [keys.cards], chain.from_iterable(commit.cards.items()))
    events: list[Argument] = []
    for several in commit.events.values():
        events += (len(several), *several)
    parts.add("events", len(commit.events), map(keys.events, commit.events), events)
    closed = [keys.rooms, keys.cards, *map(keys.events, commit.closed)]
    parts.add("closed", len(commit.closed), closed, commit.closed)
    parts.add("outbox", len(commit.outbox), [keys.outbox], commit.outbox)
    parts.add("bots", len(commit.bots), [keys.bots], commit.bots)


def _journals(keys: ShardKeys, matches: Collection[MatchId]) -> list[str]:
    return [keys.journal(*match) for match in matches]


def feed(commit: Commit) -> bytes:
    """What the card feed says of this commit, in msgpack: its shard, and pairs of room and card, nil if it closed.

    Or nothing. The script puts before it how many such messages the shard has had.
    """
    if not commit.cards and not commit.closed:
        return b""
    shown: dict[RoomId, bytes | None] = {**commit.cards, **dict.fromkeys(commit.closed)}
    return _encode((commit.lease.shard, list(shown.items())))
