"""What one pass over a shard collects for its one commit."""

from __future__ import annotations

from rooms.core.effects import Effects
from rooms.core.ids import RoomId, WebId
from rooms.core.journal import dump_lines
from rooms.protocol.bus import Parcel, dump_parcel
from rooms.store import Commit, Lease, MatchId, Paces


class Batch:
    """All dictionaries are keyed as in `Commit`, which documents them."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.rooms: dict[RoomId, bytes] = {}
        self.paces: dict[int, Paces] = {}
        self.closed: list[RoomId] = []
        self.cards: dict[RoomId, bytes] = {}
        self.events: dict[RoomId, list[bytes]] = {}
        self.outbox: list[bytes] = []
        self.bots: list[bytes] = []
        self.parcels: dict[WebId, Parcel] = {}
        self.replies: dict[str, bytes] = {}
        self.journals: dict[MatchId, bytes] = {}
        self.whole: list[MatchId] = []
        self.given_up: list[MatchId] = []

    def journal(self, room: RoomId, fx: Effects) -> None:
        """Take over what a pass added to the journals of the room's matches."""
        for match, lines in fx.journal.items():
            self.journals[room, match] = dump_lines(lines)
        if fx.matches:
            self.whole += [(room, over.match) for over in fx.matches if over.journalled]
        if fx.unjournalled:
            self.given_up += [(room, match) for match in fx.unjournalled]

    def is_empty(self) -> bool:
        return not (self.rooms or self.paces or self.closed or self.parcels or self.replies)

    def commit(self, last: str | None, *, trims: bool = True) -> Commit:
        """The commit that makes all of it true, with `last` as the newest entry applied, if another one than before.

        `trims`: the log loses it, and what is before it.
        """
        parcels = {web: dump_parcel(parcel) for web, parcel in self.parcels.items()}
        return Commit(
            lease=self.lease,
            last=last,
            rooms=self.rooms,
            paces=self.paces,
            closed=self.closed,
            cards=self.cards,
            events=self.events,
            outbox=self.outbox,
            bots=self.bots,
            parcels=parcels,
            replies=self.replies,
            journals=self.journals,
            whole=self.whole,
            given_up=self.given_up,
            trims=trims,
        )
