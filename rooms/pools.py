"""Named pools of engines: which games they serve, and on which shards. Pure.

    HOLDFAST_POOLS="heavy:4=chess,arena"      4 of the shards, and 4 alone, hold the rooms of these two games

A pool has shards of its own, and only its engines take them: rules that take long keep no other game waiting. Where a
room belongs is said by its id and by nothing else: the id of a new room is drawn until its shard is one of its pool's.
So whoever has a room's id finds its shard as ever, and a room stays where it is when the pools are changed.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from rooms.core.ids import RoomId
from rooms.store.keys import shard_of
from rooms.store.presence import SIGN

DEFAULT: Final = "default"
"""The pool of all games that are named in no other."""
ALL: Final = "all"
"""What an engine serves that has no other beside it: every pool."""
_POOL: Final = re.compile(r"(?P<name>[a-z][a-z0-9-]{0,31}):(?P<count>[0-9]{1,4})=(?P<games>[\w,-]+)")


class WrongPools(ValueError):
    """The text is not understood; says why."""


@dataclass(frozen=True, slots=True)
class Pools:
    """Every pool's shards and games. `shards` are all there are."""

    shards: int
    parts: Mapping[str, range]
    """Of each pool but the default one, which has the rest."""
    games: Mapping[str, str]
    """The pool of each game that is named."""

    @property
    def names(self) -> list[str]:
        """All pools, the default one first."""
        return [DEFAULT, *self.parts]

    def shards_of(self, pool: str) -> range:
        """The shards of a pool, or of all. Raises WrongPools when there is none of that name."""
        if pool == ALL:
            return range(self.shards)
        if pool == DEFAULT:
            return range(self.shards - sum(len(part) for part in self.parts.values()))
        if pool not in self.parts:
            raise WrongPools(f"There is no pool {pool!r} in HOLDFAST_POOLS; there are: {', '.join(self.names)}.")
        return self.parts[pool]

    def draw(self, game: str, word: Callable[[], str] = lambda: secrets.token_urlsafe(16)) -> RoomId:
        """An id for a new room of this game. It takes as many draws as there are shards for one of the pool's.

        None begins with a hyphen: on a command line (`manage.py rooms close ...`) that would be an option.
        """
        mine = self.shards_of(self.games.get(game, DEFAULT))
        while True:
            room = RoomId(word())
            if not room.startswith("-") and shard_of(room, self.shards) in mine:
                return room


def read_pools(text: str, shards: int) -> Pools:
    """The pools in `text`, parted by blanks. The first one named has the last shards. Raises WrongPools."""
    parts: dict[str, range] = {}
    games: dict[str, str] = {}
    left = shards
    for word in text.split():
        found = _POOL.fullmatch(word)
        if found is None:
            raise WrongPools(f"{word!r} is no pool: write name:shards=game,game.")
        name, count = found["name"], int(found["count"])
        if name in (DEFAULT, ALL) or name in parts:
            raise WrongPools(f"The name {name!r} is taken.")
        if not 0 < count < left:
            raise WrongPools(
                f"{name} wants {count} shards of {left}; each pool, the default one too, needs one or more."
            )
        for game in filter(None, found["games"].split(",")):
            if game in games:
                raise WrongPools(f"{game} is in two pools, {games[game]} and {name}.")
            games[game] = name
        parts[name] = range(left - count, left)
        left -= count
    return Pools(shards, parts, games)


def name_in(pool: str, life: str) -> str:
    """How the engine of this life is known to the others."""
    return life if pool == DEFAULT else f"{life}{SIGN}{pool}"


def pool_of(engine: str) -> str:
    """The pool that an engine serves."""
    return engine.partition(SIGN)[2] or DEFAULT


def serves(engine: str, pool: str) -> bool:
    """True when an engine takes the shards of a pool."""
    return pool_of(engine) in (pool, ALL)
