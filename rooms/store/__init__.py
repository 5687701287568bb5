"""Redis and only Redis: everything live that Holdfast remembers, and every word its processes exchange.

1. Whatever changes a room goes through its shard's log; whatever a room becomes is written by the fenced
   commit alone.
2. One operation that must be whole is one script, on keys of one shard, so that a shard can be one slot of a
   cluster.
3. Nothing is tried twice in here, no error is hidden, and everything kept has a limit (docs/redis.md).
"""

from rooms.store.cards import CardChange, CardFeed, Changes, Edition
from rooms.store.commit import Commit, MatchId, Paces
from rooms.store.errors import Fenced, LogFull, NotAppended, ShardsDiffer, StoreUnavailable, TooLarge
from rooms.store.leases import Lease, LeaseRow
from rooms.store.limits import Limits
from rooms.store.loading import Loaded
from rooms.store.log import START
from rooms.store.mailbox import Gap, Mailbox, Parcelled, Reconnected
from rooms.store.outbox import Fact
from rooms.store.store import Store

__all__ = [
    "START",
    "CardChange",
    "CardFeed",
    "Changes",
    "Commit",
    "Edition",
    "Fact",
    "Fenced",
    "Gap",
    "Lease",
    "LeaseRow",
    "Limits",
    "Loaded",
    "LogFull",
    "Mailbox",
    "MatchId",
    "NotAppended",
    "Paces",
    "Parcelled",
    "Reconnected",
    "ShardsDiffer",
    "Store",
    "StoreUnavailable",
    "TooLarge",
]
