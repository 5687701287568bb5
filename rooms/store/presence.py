"""Which engines and web processes live: each says so again and again, and what falls silent has lapsed.

Presence is a lease and never a counter: a process that dies cannot forget to count itself out.
"""

from __future__ import annotations

from typing import Final

from rooms.core.ids import WebId
from rooms.store.client import Client
from rooms.store.keys import BELL, ENGINES, WEBS
from rooms.store.limits import Limits
from rooms.store.lua import read_script
from rooms.store.subscription import Subscription

BEAT = read_script("beat")
SIGN: Final = "@"
"""Between an engine's life and the pool that it serves; an engine of the default pool has its life's name alone."""


def life_of(engine: str) -> str:
    """The life of an engine, by which whoever started it knows it."""
    return engine.partition(SIGN)[0]


class Bell:
    """Rings when engines come and go and when shards change hands: whoever hears it looks at once.

    It may be lost, so everybody looks now and then without it.
    """

    def __init__(self, client: Client) -> None:
        """Nothing is connected yet."""
        self._subscription = Subscription(client, [BELL])

    async def heard(self) -> str:
        """Wait for it; who rang, or "" when some rings may have been missed. Raises nothing but cancellation."""
        message = await self._subscription.next()
        return "" if message is None else message[1].decode()

    async def aclose(self) -> None:
        """Hear no more."""
        await self._subscription.aclose()


class Presence:
    """The registers of living processes."""

    def __init__(self, client: Client, limits: Limits) -> None:
        """`limits.lapsed_ms`: how long a lapsed web process stays listed."""
        self._client = client
        self._limits = limits

    async def beat_engine(self, engine: str, ttl_ms: int) -> list[str]:
        """Say that an engine lives for `ttl_ms` more. Returns the living, sorted; lapsed ones are dropped."""
        return sorted(id_.decode() for id_ in await self._client.script(BEAT, [ENGINES], [engine, ttl_ms, 0]))

    async def living_engines(self) -> list[str]:
        """The engines that live, sorted."""
        (seconds, micros), flat = await self._client.pipeline([("TIME",), ("ZRANGE", ENGINES, 0, -1, "WITHSCORES")])
        now = int(seconds) * 1000 + int(micros) // 1000
        return sorted(flat[at].decode() for at in range(0, len(flat), 2) if float(flat[at + 1]) > now)

    async def engines_of(self, life: str) -> list[str]:
        """The names by which the register knows an engine, also when it has lapsed."""
        names = [name.decode() for name in await self._client.call("ZRANGE", ENGINES, 0, -1)]
        return [name for name in names if life_of(name) == life]

    async def ring(self, engine: str) -> None:
        """Ring the bell: who owns what has changed, or is about to."""
        await self._client.call("PUBLISH", BELL, engine)

    def bell(self) -> Bell:
        """To hear it."""
        return Bell(self._client)

    async def forget_engine(self, engine: str) -> None:
        """An engine goes in an orderly way."""
        await self._client.call("ZREM", ENGINES, engine)

    async def beat_web(self, web: WebId, ttl_ms: int) -> None:
        """Say that a web process lives for `ttl_ms` more. Drops those that lapsed a minute ago."""
        await self._client.script(BEAT, [WEBS], [web, ttl_ms, self._limits.lapsed_ms])

    async def forget_web(self, web: WebId) -> None:
        """A web process goes in an orderly way, after it detached its sockets: it is not listed as lapsed."""
        await self._client.call("ZREM", WEBS, web)

    async def living_webs(self) -> list[WebId]:
        """The web processes that live, sorted."""
        return sorted(web for web, left_ms in await self._webs() if left_ms > 0)

    async def lapsed_webs(self) -> list[WebId]:
        """The web processes that fell silent, sorted. They stay listed for a minute, so that every engine
        sees them.

        An engine that was away longer compares the sockets of the rooms it loads with `living_webs` instead.
        """
        return sorted(web for web, left_ms in await self._webs() if left_ms <= 0)

    async def _webs(self) -> list[tuple[WebId, int]]:
        (seconds, micros), flat = await self._client.pipeline([("TIME",), ("ZRANGE", WEBS, 0, -1, "WITHSCORES")])
        now = int(seconds) * 1000 + int(micros) // 1000
        return [(WebId(flat[at].decode()), int(float(flat[at + 1])) - now) for at in range(0, len(flat), 2)]
