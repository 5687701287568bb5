"""All processes of one machine: started in order, watched, stopped in the opposite one."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence

from gameserver.supervisor.child import Child, Died
from gameserver.supervisor.hangup import has_terminal
from gameserver.supervisor.output import Screen
from gameserver.supervisor.plan import STOP_ORDER, Program
from gameserver.supervisor.wardship import Wardship
from gameserver.valkey import EmbeddedValkey

GRACE_SECONDS = 8.0  # a web process says goodbye to its sockets, an engine hands its shards over
READY_SECONDS = 30.0  # a new process owns its share, or answers; else the old one stays
WARDEN_CHECK_SECONDS = 2.0
SLOW_START_SECONDS = 30.0
PROBE_SECONDS = 0.1
ECHO_SECONDS = 0.5  # `timeout`, and make beside a terminal, tell us twice what was said once; nobody presses so fast


class Supervisor:
    """Runs programs until it is told to stop: by Ctrl-C, SIGTERM, the end of its terminal, or a failed start.

    A SIGHUP that is not the end of a terminal replaces every process by a new one, one after the other.
    """

    def __init__(
        self,
        screen: Screen,
        valkey: EmbeddedValkey | None,
        *,
        check: Callable[[], None],
        probe: Callable[[], bool],
        died: Died | None = None,
    ) -> None:
        """`check` runs once Redis answers and raises to refuse the start; `probe`: does web answer? `died` is told of
        processes that owned shards.
        """
        self._screen = screen
        self._valkey = valkey
        self._check = check
        self._probe = probe
        self._died = died
        self._wardship = Wardship()
        self._had_terminal = has_terminal()
        self._restarting: asyncio.Task[None] | None = None
        self._children: list[Child] = []
        self._stop = asyncio.Event()
        self._asked = 0.0
        """When we were told to stop, by the loop's clock."""
        self._announced = False

    async def run(self, programs: Sequence[Program], address: str) -> None:
        """Start all, keep them, stop them when asked. Raises what made the start fail, all being stopped."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._asked_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._hung_up)
        work = [asyncio.create_task(self._live(programs, address)), asyncio.create_task(self._stop.wait())]
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            work[0].cancel()
            outcome = (await asyncio.gather(*work[:1], return_exceptions=True))[0]
            work[1].cancel()
            if self._restarting is not None:
                self._restarting.cancel()
                await asyncio.gather(self._restarting, return_exceptions=True)
            await self._stop_all()
        if isinstance(outcome, Exception):
            raise outcome

    async def _live(self, programs: Sequence[Program], address: str) -> None:
        """Bring everything up, say so, and look after the warden for ever."""
        if self._valkey is not None:
            await self._start_valkey(self._valkey)
        await asyncio.to_thread(self._check)
        for program in programs:
            await self._start(program)
        await self._announce(address)
        while True:
            await asyncio.sleep(WARDEN_CHECK_SECONDS)
            self._wardship.group()

    async def _start(self, program: Program) -> Child:
        child = Child(program, self._screen, self._wardship.group, self._died)
        await child.start()
        self._children.append(child)
        return child

    async def _start_valkey(self, valkey: EmbeddedValkey) -> None:
        program = Program("valkey", tuple(valkey.command()), "valkey", inherited=valkey.inherited)
        child = await self._start(program)
        pid = child.pid
        # Only its first life counts: a server that cannot read its files would be started again and again.
        await asyncio.to_thread(valkey.wait, lambda: child.pid == pid and not self._stop.is_set())

    async def _announce(self, address: str) -> None:
        """Say where the game is, when it really is there."""
        clock = asyncio.get_running_loop().time
        late = clock() + SLOW_START_SECONDS
        while not await asyncio.to_thread(self._probe):
            await asyncio.sleep(PROBE_SECONDS)
            if clock() > late:
                self._screen.say("play", f"{address}/healthz does not answer yet; the lines above may say why")
                late += SLOW_START_SECONDS
        ways = f"Ctrl-C stops it; kill -HUP {os.getpid()} replaces its processes one by one"
        self._screen.say("play", f"Holdfast is ready: {address}  ({ways})")
        self._announced = True

    def _hung_up(self) -> None:
        """SIGHUP: our terminal was closed, or somebody wants new processes."""
        if self._had_terminal and not has_terminal():
            self._asked_to_stop()
        elif self._restarting is not None and not self._restarting.done():
            self._screen.say("play", "the processes are being replaced already")
        elif not self._announced:
            self._screen.say("play", "not all processes are there yet: none is replaced")
        else:
            self._restarting = asyncio.create_task(self._replace_all())

    async def _replace_all(self) -> None:
        """Every process but Valkey, one after the other: the old one ends when the new one can take its place."""
        self._screen.say("play", "replacing the processes one by one")
        for child in [child for child in self._children if child.program.group != "valkey"]:
            if not await self._replace(child):
                self._screen.say("play", f"the new {child.program.name} does not serve: the others stay as they are")
                return
        self._screen.say("play", "all processes are replaced")

    async def _replace(self, old: Child) -> bool:
        """Start another, wait until it serves, then end the old one. False when it does not: the old one stays."""
        try:
            fresh = await self._start(old.program)
        except OSError as error:
            self._screen.say("play", f"{old.program.name} cannot be started: {error}")
            return False
        if old.program.tells and not await fresh.ready(READY_SECONDS):
            await fresh.stop(GRACE_SECONDS)
            self._children.remove(fresh)
            return False
        await old.stop(GRACE_SECONDS)
        self._children.remove(old)
        return True

    def _asked_to_stop(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._stop.is_set():
            if now - self._asked < ECHO_SECONDS:
                return
            self._screen.say("play", "killing everything")
            self._wardship.kill_all()
        else:
            self._asked = now
            self._screen.say("play", "stopping ... (Ctrl-C again kills)")
        self._stop.set()

    async def _stop_all(self) -> None:
        """Group by group, so that nobody loses what it stands on."""
        for child in self._children:
            child.retire()  # a second Ctrl-C kills all at once: none may come back
        for group in STOP_ORDER:
            members = [child for child in self._children if child.program.group == group]
            await asyncio.gather(*(child.stop(GRACE_SECONDS) for child in members))
        self._wardship.dismiss()
        if self._valkey is not None:
            self._valkey.unlock()
        self._screen.say("play", "stopped")
