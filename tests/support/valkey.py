"""A real Valkey for tests: started once per run, on a unix socket, emptied before each test that asks for it.

async def test_append(valkey: redis.asyncio.Redis) -> None: ...    # a client of an empty Valkey
def test_settings(valkey_url: str) -> None: ...                    # only its address; also emptied
with ValkeyServer(folder) as server: server.kill()                 # one of your own, to hurt
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Self

import pytest
import redis
import redis.asyncio

from gameserver.valkey import command, wait_until_ready

START_SECONDS = 10.0


class ValkeyServer:
    """One Valkey process with its files in `folder`; it may be killed and started again there."""

    def __init__(self, folder: Path, *, socket: Path | None = None, options: tuple[str, ...] = ()) -> None:
        """Nothing runs yet: call `start`, or use it as a context."""
        self.folder = folder
        self.socket = socket or folder / "valkey.sock"
        self.options = options
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for REDIS_URL."""
        return f"unix://{self.socket}"

    def client(self) -> redis.Redis:
        """A blocking client; close it."""
        return redis.Redis.from_url(self.url)

    def start(self) -> None:
        """Start it and wait until it answers; raises with Valkey's own log if it does not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        argv = [*command(self.folder, self.socket, "no"), *self.options]
        process = self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
        if not wait_until_ready(self.socket, lambda: process.poll() is None, START_SECONDS):
            log = self.folder / "valkey.log"
            raise RuntimeError(f"The test Valkey did not start:\n{log.read_text() if log.exists() else ''}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it (SIGKILL for a crash) and wait until it is gone; nothing happens if it is not running."""
        if self.process is None:
            return
        os.kill(self.process.pid, signal.SIGCONT)  # a stopped process could not obey
        self.process.send_signal(how)
        self.process.wait(timeout=10)
        self.process = None

    def kill(self) -> None:
        """Crash it: what is not in the append-only file is lost."""
        self.stop(signal.SIGKILL)

    def pause(self) -> None:
        """Make it hang: sockets stay open and nothing answers. Undo with `resume`."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused one go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it hard: nobody reads its files afterwards."""
        self.kill()


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    """The run's one Valkey, on the address that settings.REDIS_URL names."""
    folder = Path(os.environ["HOLDFAST_VAR"])
    with ValkeyServer(folder / "valkey", socket=folder / "valkey.sock") as server:
        yield server


@pytest.fixture
def valkey_url(valkey_server: ValkeyServer) -> str:
    """Its address, after everything in it was thrown away."""
    with valkey_server.client() as client:
        client.flushall()
        client.script_flush()
    return valkey_server.url


@pytest.fixture
async def valkey(valkey_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    """An asynchronous client of the emptied Valkey, answering in bytes."""
    client = redis.asyncio.Redis.from_url(valkey_url)
    yield client
    await client.aclose()
