"""One process kept running: started, started again when it dies, stopped when asked."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from gameserver.supervisor.output import Screen
from gameserver.supervisor.plan import Program
from gameserver.supervisor.readiness import Readiness

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
SERVED_PAUSE = 0.4  # the longest after a life that served: people wait for the next one, and promised are 2 s in all
BURIAL_SECONDS = 2.0
LONG_LIFE = 3.0  # who lived this long did not die of its start: the next one comes at once

Died = Callable[[str], Coroutine[Any, Any, None]]
"""Told the name of a life that is over, of a program that owns shards."""


def next_pause(pause: float | None, lived: float, *, served: bool = False) -> float:
    """How long to wait before the next start, after a life of so many seconds. `pause`: the last one, or None.

    `served`: it had said that it serves, so it is not its start that fails.
    """
    if pause is None or lived >= LONG_LIFE:
        return 0.0
    return min(pause * 2, SERVED_PAUSE if served else LONGEST_PAUSE) if pause else FIRST_PAUSE


def manner_of_death(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


class Child:
    """Keeps one program running until `stop`; `running` is true while its process lives."""

    def __init__(
        self, program: Program, screen: Screen, process_group: Callable[[], int], died: Died | None = None
    ) -> None:
        """Nothing runs yet: call `start`."""
        self.program = program
        self._screen = screen
        self._process_group = process_group
        self._died = died
        self._life = ""
        self._readiness: Readiness | None = None
        self._burials: set[asyncio.Task[None]] = set()
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._kept: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether its process lives now."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The number of its process, if it lives."""
        return self._process.pid if self._process and self.running else None

    async def start(self) -> None:
        """Start it for the first time and keep it from then on; raises `OSError` if it cannot be started."""
        await self._spawn()
        self._kept = asyncio.create_task(self._keep(), name=f"keep {self.program.name}")

    async def ready(self, seconds: float) -> bool:
        """Whether its process says within so many seconds that it serves."""
        if self._readiness is None:
            return False
        try:
            return await asyncio.wait_for(asyncio.shield(self._readiness.said), seconds)
        except TimeoutError:
            return False

    def retire(self) -> None:
        """Whatever ends it from now on, it is not started again."""
        self._stopping.set()

    async def stop(self, grace: float) -> None:
        """Ask it to end, make it end after `grace` seconds, and return when it is gone."""
        self.retire()
        if self._kept is None:
            return
        self.signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(asyncio.shield(self._kept), grace)
        except TimeoutError:
            self._screen.say("play", f"{self.program.name} did not end within {grace:g} s: killed")
            self.signal(signal.SIGKILL)
            await self._kept

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it lives."""
        if self._process is not None and self.running:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _spawn(self) -> None:
        if self._readiness is not None:
            self._readiness.close()
        self._life = f"{self.program.name}-{secrets.token_hex(4)}"
        self._readiness = Readiness(self._life)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.program.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, **self.program.env, **self._readiness.env},
                pass_fds=(*self.program.inherited, *self._readiness.inherited),
                process_group=self._process_group(),
            )
        finally:
            self._readiness.listen()
        if self._stopping.is_set():  # asked to stop while it was being born
            self.signal(signal.SIGTERM)

    async def _keep(self) -> None:
        """Follow one life after the other until told to stop."""
        clock = asyncio.get_running_loop().time
        pause: float | None = None
        while True:
            born = clock()
            code = await self._live()
            if self._stopping.is_set():
                if self._burials:
                    await asyncio.wait(self._burials, timeout=BURIAL_SECONDS)
                return
            pause = next_pause(pause, clock() - born, served=self._served())
            when = f"in {pause:g} s" if pause else "now"
            self._screen.say("play", f"{self.program.name} {manner_of_death(code)}; starting it again {when}")
            if pause:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)
                    return
            await self._spawn_again()

    def _served(self) -> bool:
        """Whether the life that is over had come to serve."""
        said = self._readiness and self._readiness.said
        return bool(said and said.done() and said.result())

    def _bury(self) -> None:
        """Release what the dead one held, beside the start of the next: another may take it over sooner."""
        if self._died is not None and self.program.owns:
            burial = asyncio.create_task(self._died(self._life))
            self._burials.add(burial)
            burial.add_done_callback(self._burials.discard)

    async def _live(self) -> int:
        """Pass on what the process says until it is gone; its exit code."""
        process = self._process
        assert process is not None
        assert process.stdout is not None
        follow = asyncio.create_task(self._screen.follow(self.program.name, process.stdout))
        code = await process.wait()
        if code:
            self._bury()
        # What it wrote last is still in the pipe; a grandchild that keeps the pipe open must not hold us up.
        await asyncio.wait({follow}, timeout=0.5)
        follow.cancel()
        return code

    async def _spawn_again(self) -> None:
        """A start that fails for want of memory or processes is one more death, not the end of us."""
        while not self._stopping.is_set():
            try:
                await self._spawn()
            except OSError as error:
                self._screen.say("play", f"{self.program.name} cannot be started ({error}); trying again")
                await asyncio.sleep(LONGEST_PAUSE)
            else:
                return
