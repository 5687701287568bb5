"""The sockets of one web process: what they say goes into the log, what the engines commit comes back to them.

consumers -> [hub] -> Redis          Redis -> [hub] -> sockets

One hub for each event loop. It has a web id of its own, kept alive by a heartbeat; when the heartbeat came too late,
engines may have counted its sockets as gone, so it takes a new id and brings them all back under it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Final, Protocol, cast
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer
from django.conf import settings

from rooms import meters, rollcall
from rooms.appender import Appender, Log
from rooms.beat import AT_ONCE
from rooms.brake import Brake
from rooms.core.ending import LOST_WORDS
from rooms.core.ids import RoomId, SocketId, WebId
from rooms.core.inputs import Command, Detach, MoveBody, Resume, Resync, RollCall
from rooms.crowd import Crowd
from rooms.link import Link
from rooms.protocol import bus, server
from rooms.protocol.closing import Close
from rooms.relay import Layer, Relay, RelayGroup
from rooms.store import Store, StoreUnavailable
from rooms.troubles import Troubles
from rooms.weblife import Post, WebLife

SWEEP_S: Final = 0.25
PATIENCE_S: Final = 5.0
"""How long a welcome may take before the client is told, and its room looked for again."""
RETRY_S: Final = 0.5
LOOKS: Final = 16
"""How many late rooms are looked for at a time."""
MOST_NAMED: Final = 1000
"""Sockets in a roll call. More are here only while a crowd is being turned away."""
RESTART: Final = 1012
"""Close code of RFC 6455's registry, service restart: come back."""
WAITING_TEXT: Final = "The room's engine has not answered yet. You stay connected."
GONE_TEXT: Final = "This room is not open any more."

logger = logging.getLogger(__name__)


class Memory(Log, Post, Protocol):
    """What the hub needs of the store."""

    async def card(self, room: RoomId) -> bytes | None: ...
    async def renounce(self, shard: int, memory: str) -> bool: ...


class Hub:
    """Starts with `start`, ends with `aclose`. Sockets come by `join` and go by `leave`."""

    _hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()

    @classmethod
    def of_loop(cls) -> Hub:
        """The running event loop's hub, made and started at the first call."""
        loop = asyncio.get_running_loop()
        hub = cls._hubs.get(loop)
        if hub is None:
            ours = settings.HOLDFAST
            store = Store.of_loop(settings.ROOMS_URL, ours["SHARDS"])
            layer = get_channel_layer()
            if layer is None:
                raise RuntimeError("CHANNEL_LAYERS has no default layer: see manage.py check")
            hub = cls._hubs[loop] = cls(store, cast(Layer, layer), ours["WEB_TTL_MS"])
            hub.start()
        return hub

    @classmethod
    def running(cls) -> Hub | None:
        """The running event loop's hub, if one was made."""
        return cls._hubs.get(asyncio.get_running_loop())

    def __init__(self, store: Memory, layer: Layer, ttl_ms: int) -> None:
        """`ttl_ms`: the silence after which a web process counts as gone."""
        self.store, self.web = store, WebId("")
        self._brake = Brake()
        self._appender = Appender(store, lambda reason: self.health("log", reason), self._brake.release)
        self._relays = RelayGroup(layer, self._relayed)
        self._crowds: dict[RoomId, Crowd] = {}
        self._links: dict[SocketId, Link] = {}
        self._late: set[RoomId] = set()
        """Rooms that did not answer in time, to be looked for."""
        self._behind: set[int] = set()
        """Shards whose rooms went back to what they were before."""
        self._rolls = rollcall.RollCalls()
        self._troubles = Troubles()
        self._life = WebLife(store, ttl_ms, self)
        self._left = asyncio.Event()
        self._jobs: list[asyncio.Task[None]] = []
        self.closing = False

    def start(self) -> None:
        """Begin: mailbox, heartbeat, appender, relays, sweep."""
        jobs = {
            "life": self._life.run,
            "append": self._appender.run,
            "relay": self._relays.run,
            "sweep": self._sweep,
            "look": self._look,
        }
        self._jobs = [asyncio.create_task(self._keep(name, job), name=f"hub {name}") for name, job in jobs.items()]
        meters.gauge("sockets", lambda: len(self._links))
        meters.gauge("rooms_with_sockets", lambda: len(self._crowds))
        meters.gauge("appends_waiting", lambda: self._appender.waiting)
        meters.gauge("bytes_waiting_most", lambda: max((link.waiting for link in self._links.values()), default=0))

    async def aclose(self, timeout_s: float = 2.0) -> None:
        """Say goodbye to every socket (1012), wait for their consumers to leave, and write what is left."""
        self.closing = True
        self.say_goodbye()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        if self._links:
            self._left.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._left.wait(), timeout_s)
        for link in list(self._links.values()):
            self.leave(link)
        written = await self._appender.drain(max(0.1, deadline - loop.time()))
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        if written and self.web:
            with contextlib.suppress(StoreUnavailable):  # its heartbeat lapses by itself
                await self.store.forget_web(self.web)
        self._hubs.pop(loop, None)

    def say_goodbye(self) -> None:
        """Close every room socket because the process ends; those held up must be read to hear that they closed."""
        self._brake.release()
        for link in list(self._links.values()):
            link.goodbye(RESTART, "The server restarts. Connect again.")

    # -- sockets

    def join(self, link: Link) -> None:
        """A socket has said hello: ask its room to welcome it."""
        self._links[link.id] = link
        crowd = self._crowds.get(link.room)
        if crowd is None:
            crowd = self._crowds[link.room] = Crowd(link.room)
            self._relays.enter(link.room)
        crowd.add(link)
        link.on_room = self._eased
        if self.trouble:
            link.say(server.Status("degraded", self.trouble))
        link.ask(asyncio.get_running_loop().time())
        if self._life.open:
            self._appender.add(link.room, link.attach(self.web))

    def leave(self, link: Link) -> None:
        """A socket is gone."""
        if self._links.pop(link.id, None) is None:
            return
        self._brake.forget(link)
        crowd, link.on_room = self._crowds[link.room], None
        crowd.remove(link)
        if not crowd.links:
            del self._crowds[link.room]
            self._relays.leave(link.room)
            self._rolls.left(link.room, asyncio.get_running_loop().time())
        self._appender.add(link.room, Detach(link.id))
        if not self._links:
            self._left.set()

    def command(self, link: Link, command: Command) -> None:
        """A player's input. When too many wait for the log its socket is held up; when that does not do, closed."""
        until, crowd = AT_ONCE, self._crowds.get(link.room)
        if crowd is not None and isinstance(command.body, MoveBody):  # none, when its socket has left in this moment
            until = crowd.beat.until(asyncio.get_running_loop().time())
        added = self._appender.add_command(link.room, command, until)
        if self._appender.crowded:
            self._brake.hold(link)
        if not added:
            link.goodbye(Close.SERVER_BUSY, "Too much waits to be written here. Connect again in a while.")

    def resync(self, link: Link, offset: int) -> None:
        """A client asks for a welcome from `offset` on; one that is due already brings all that it lacks.

        Without that bound a client could fill the line to a Redis that is away.
        """
        if link.asked_at is None:
            self._ask_from(link, Resume(link.incarnation, offset))

    def relay(self, relay: Relay) -> None:
        """A message for the others in the room, past the rules."""
        self._relays.send(relay)

    # -- health

    @property
    def trouble(self) -> str:
        """Why Redis cannot be used now, in plain words; "" when all is well."""
        return self._troubles.reason

    def health(self, part: str, reason: str) -> None:
        if self._troubles.tell(part, reason):
            status = server.Status("degraded", self.trouble) if self.trouble else server.Status("ok")
            for link in list(self._links.values()):
                link.say(status)

    async def _keep(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        """Run a job for ever: begin it again when it failed."""
        while True:
            try:
                await job()
                continue  # only a life ends by itself, and the next one is to begin at once
            except StoreUnavailable as error:
                self.health(name, str(error))
            except Exception:
                meters.count("hub_faults")
                logger.exception("the hub's job %r failed and begins again", name)
            await asyncio.sleep(RETRY_S)

    # -- what the life under one web id reports

    def begun(self, web: WebId) -> None:
        """The mailbox is open: sockets may attach, and all that are here come (back) under this id."""
        self.web = web
        self._distrust()
        for link in list(self._links.values()):
            self._attach_again(link)

    def deliver(self, raw: bytes, at: float) -> None:
        now, crowds, rolls = asyncio.get_running_loop().time(), self._crowds, self._rolls
        for delivery in bus.parse_parcel(raw):
            crowd = crowds.get(delivery.room)
            here = len(crowd.links) if crowd is not None else 0
            if delivery.sockets != here or rolls.any_odd:
                rolls.heard(delivery.room, delivery.sockets, here, now)
            if crowd is None:
                continue  # its last socket here is gone, and the engine does not know yet
            if delivery.epoch > crowd.epoch and crowd.is_behind(delivery):
                self._behind.add(self.store.shard_of(crowd.room))
            crowd.beat.hear(delivery, at)
            for link in crowd.deliver(delivery, now):
                meters.count("bases_missing")
                self._ask(link)
        meters.counts["parcels_received"] += 1

    def _relayed(self, relay: Relay) -> None:
        crowd = self._crowds.get(relay.room)
        for link in list(crowd.links.values()) if crowd else ():
            if link.id != relay.sender and link.view is not None and link.held is None:
                link.write(relay.payload(link.wire_format))

    # -- asking for a welcome again

    def _ask(self, link: Link) -> None:
        """From where it stands."""
        self._ask_from(link, link.stand())

    def _ask_from(self, link: Link, resume: Resume | None) -> None:
        if not link.closed:
            link.ask(asyncio.get_running_loop().time())
            self._appender.add(link.room, Resync(link.id, resume))

    def _eased(self, link: Link) -> None:
        """A slow socket takes what it is sent again: what is held for it goes out at once."""
        if link.ease(asyncio.get_running_loop().time()):
            self._ask(link)

    def ask_all(self, shard: int | None = None) -> None:
        """Ask for every socket of a shard's rooms, or (the connection was lost) of all: parcels for them were lost."""
        if shard is None:
            self._distrust()
        now = asyncio.get_running_loop().time()
        self._rolls.lost(lambda room: shard is None or self.store.shard_of(room) == shard, now)
        for crowd in list(self._crowds.values()):
            if shard is None or self.store.shard_of(crowd.room) == shard:
                for link in list(crowd.links.values()):
                    self._ask(link)

    def forgotten(self, shards: list[int]) -> None:
        """Rooms of these shards that are gone were lost; those that are there must know our sockets (again)."""
        for crowd in list(self._crowds.values()):
            if self.store.shard_of(crowd.room) in shards:
                crowd.doubted = True
                self._late.add(crowd.room)
                for link in list(crowd.links.values()) if self._life.open else ():
                    self._attach_again(link)

    def _distrust(self) -> None:
        for crowd in self._crowds.values():
            crowd.forget()

    def _attach_again(self, link: Link) -> None:
        """Not when it was told goodbye: it is over.

        A room that did not know a spectator any more has dropped what it said. That goes out again after the welcome;
        what was said before that came is not counted ahead of it (`Command.prev`).
        """
        if link.closed:
            return
        link.ask(asyncio.get_running_loop().time())
        self._appender.add(link.room, link.attach(self.web))

    async def _sweep(self) -> None:
        """Look after slow sockets, and those that wait for a welcome."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_S)
            now = loop.time()
            self._call_rolls(now)
            for link in list(self._links.values()):
                if link.ease(now):
                    self._ask(link)
                if not link.closed and link.asked_at is not None and now - link.asked_at > PATIENCE_S:
                    self._late.add(link.room)
                    self._reassure(link, now)

    def _call_rolls(self, now: float) -> None:
        """Tell rooms that hold sockets which are gone who is here."""
        for room in self._rolls.due(now):
            crowd = self._crowds.get(room)
            here = tuple(crowd.links) if crowd else ()
            if self._life.open and len(here) <= MOST_NAMED:
                meters.count("roll_calls")
                since_ms = time.time_ns() // 1_000_000 - int(rollcall.WAIT_S * 1000)
                self._appender.add(room, RollCall(self.web, here, since_ms))

    async def _look(self) -> None:
        """Look for late rooms, some at a time; apart from the sweep, because each look may take long."""
        while True:
            if self.trouble or not self._late:
                await asyncio.sleep(SWEEP_S)
            if self.trouble:
                continue  # nothing can be said of any room now
            some = list(islice(self._late, LOOKS))
            self._late.difference_update(some)
            await asyncio.gather(*map(self._look_for, some), self._renounce())
            if not self._late.isdisjoint(some):  # a node of a cluster is away, and says so at once
                await asyncio.sleep(SWEEP_S)

    async def _renounce(self) -> None:
        """Say of shards whose rooms went back that their memory failed: their rooms end, with a word to everybody."""
        shards, self._behind = self._behind, set()
        for shard in shards:
            meters.count("shards_behind")
            logger.error("shard %d has older rooms than were shown: Redis lost what it had acknowledged", shard)
            try:
                await self.store.renounce(shard, self._life.memory(shard))
            except StoreUnavailable:
                self._behind.add(shard)

    def _reassure(self, link: Link, now: float) -> None:
        if not link.told:
            link.told = True
            meters.count("welcomes_late")
            link.say(server.Status("degraded", self.trouble or WAITING_TEXT))
        if self._life.open and not self._appender.waits(link.room):
            self._attach_again(link)
        link.ask(now)

    async def _look_for(self, room: RoomId) -> None:
        """A room that does not answer may be gone, and its last word to us lost."""
        crowd = self._crowds.get(room)
        if crowd is None:
            return
        try:
            there = await self.store.card(room) is not None
        except StoreUnavailable:  # then it cannot be said; the heartbeat tells the sockets
            self._late.add(room)
            return
        if there:
            return
        code, reason = (Close.LOST, LOST_WORDS) if crowd.doubted else (Close.NOT_FOUND, GONE_TEXT)
        for link in list(crowd.links.values()):
            link.goodbye(code, reason)
