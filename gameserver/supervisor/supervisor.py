"""All processes of one machine: started in order, watched, stopped in the opposite one."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence

from gameserver.supervisor.child import Child
from gameserver.supervisor.output import Screen
from gameserver.supervisor.plan import STOP_ORDER, Program
from gameserver.supervisor.wardship import Wardship
from gameserver.valkey import EmbeddedValkey

GRACE_SECONDS = 8.0  # a web process says goodbye to its sockets, an engine hands its shards over
WARDEN_CHECK_SECONDS = 2.0
SLOW_START_SECONDS = 30.0
PROBE_SECONDS = 0.1


class Supervisor:
    """Runs programs until it is told to stop: by Ctrl-C, SIGTERM, SIGHUP or a failed start."""

    def __init__(
        self,
        screen: Screen,
        valkey: EmbeddedValkey | None,
        *,
        check: Callable[[], None],
        probe: Callable[[], bool],
    ) -> None:
        """`check` runs once Redis answers and raises to refuse the start; `probe`: does web answer?"""
        self._screen = screen
        self._valkey = valkey
        self._check = check
        self._probe = probe
        self._wardship = Wardship()
        self._children: list[Child] = []
        self._stop = asyncio.Event()

    async def run(self, programs: Sequence[Program], address: str) -> None:
        """Start all, keep them, stop them when asked. Raises what made the start fail, all being stopped."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._asked_to_stop)
        work = [asyncio.create_task(self._live(programs, address)), asyncio.create_task(self._stop.wait())]
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            work[0].cancel()
            outcome = (await asyncio.gather(*work[:1], return_exceptions=True))[0]
            work[1].cancel()
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
        child = Child(program, self._screen, self._wardship.group)
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
        self._screen.say("play", f"Holdfast is ready: {address}  (Ctrl-C stops it)")

    def _asked_to_stop(self) -> None:
        if self._stop.is_set():
            self._screen.say("play", "killing everything")
            self._wardship.kill_all()
        else:
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
