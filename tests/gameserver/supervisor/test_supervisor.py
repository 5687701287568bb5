"""The supervisor with real processes: order, restarts, signals, and no orphan whatever dies.

What it runs are stand-ins (stand_in.py); Valkey and the warden are real. `make play` as a whole:
tests/gameserver/management/test_play.py.
"""

from __future__ import annotations

import contextlib
import os
import pty
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.processes import Process, wait_for

Start = Callable[..., Process]


def pid_of(name: str, output: str) -> int:
    """The number that the last stand-in of this name told."""
    return int(re.findall(rf"{name} is process (\d+)", output)[-1])


def members(group: int) -> set[int]:
    """Every living process of a process group."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                state, _, its_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(its_group) == group and state != "Z":
                found.add(int(folder.name))
    return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the supervisor of this test's folder; it can be started again once it is gone."""
    started: list[Process] = []

    def start(kind: str = "good", *, ready: bool = True) -> Process:
        argv = [sys.executable, "-m", "tests.gameserver.supervisor.stand_in", str(tmp_path), "0", kind]
        process = Process("supervisor", argv)
        started.append(process)
        if ready:
            process.wait_for_output("Holdfast is ready: http://127.0.0.1:", seconds=180)
        return process

    yield start
    for process in started:
        if process.running:
            process.stop()
        process.kill()
        for pid in re.findall(r"is process (\d+)", process.output):  # orphans, if a test found that there are
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def group_of(supervisor: Process) -> int:
    """The process group its children are in."""
    return os.getpgid(pid_of("engine", supervisor.output))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_in_order_and_leaves_nobody(start: Start, how: signal.Signals) -> None:
    supervisor = start()
    group = group_of(supervisor)
    assert len(members(group)) == 4  # warden, Valkey, engine, web
    supervisor.send(how)
    assert supervisor.wait() == 0
    said = supervisor.output
    assert said.index("web says bye") < said.index("engine says bye") < said.index("stopped")
    assert members(group) == set()


@pytest.mark.parametrize("name", ["web", "engine"])
def test_a_killed_child_is_started_again_and_told_of(start: Start, name: str) -> None:
    supervisor = start()
    first = pid_of(name, supervisor.output)
    os.kill(first, signal.SIGKILL)
    supervisor.wait_for_output(f"{name} was killed by SIGKILL; starting it again now")
    wait_for(lambda: pid_of(name, supervisor.output) != first, 10, f"a second {name}")
    address = re.findall(r"ready: (\S+)", supervisor.output)[0]

    def served() -> bool:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as response:
            return int(response.read()) == pid_of("web", supervisor.output)

    assert served()  # the port was never closed: the request waited for the new process


def test_what_a_dead_engine_held_is_released_and_the_next_has_another_name(start: Start) -> None:
    supervisor = start()
    first = lives(supervisor.output)[0]
    os.kill(pid_of("engine", supervisor.output), signal.SIGKILL)
    supervisor.wait_for_output(f"{first} is buried")
    wait_for(lambda: len(lives(supervisor.output)) == 2, 10, "a second life")
    assert lives(supervisor.output)[1] != first


def lives(output: str) -> list[str]:
    """The names of the engine's lives."""
    return re.findall(r"in its life (\S+)", output)


def test_sighup_replaces_process_after_process_and_never_leaves_a_place_empty(start: Start) -> None:
    supervisor = start()
    old = {name: pid_of(name, supervisor.output) for name in ("engine", "web")}
    supervisor.send(signal.SIGHUP)
    supervisor.wait_for_output("all processes are replaced")
    said = supervisor.output[supervisor.output.index("replacing") :]
    new = {name: pid_of(name, said) for name in ("engine", "web")}
    assert not set(old.values()) & set(new.values())
    order = [said.index(words) for words in ("engine is process", "engine says bye", "web is process", "web says bye")]
    assert order == sorted(order)
    assert len(members(group_of(supervisor))) == 4
    address = re.findall(r"ready: (\S+)", supervisor.output)[0]
    with urllib.request.urlopen(f"{address}/healthz", timeout=5) as response:
        assert int(response.read()) == new["web"]
    supervisor.send(signal.SIGTERM)
    assert supervisor.wait() == 0
    assert "starting it again" not in supervisor.output


def test_an_old_process_stays_when_the_new_one_does_not_serve(start: Start) -> None:
    supervisor = start("doomed")
    old = pid_of("engine", supervisor.output)
    supervisor.send(signal.SIGHUP)
    supervisor.wait_for_output("the new engine does not serve: the others stay as they are")
    assert old in members(group_of(supervisor))
    assert "says bye" not in supervisor.output
    wait_for(lambda: len(members(group_of(supervisor))) == 4, 10, "only the old ones")


def test_the_end_of_its_terminal_stops_it(tmp_path: Path) -> None:
    """That is a SIGHUP too."""
    near, far = pty.openpty()
    argv = [sys.executable, "-m", "tests.gameserver.supervisor.stand_in", str(tmp_path), "0", "good"]
    said = tmp_path / "said"
    with said.open("w") as out:
        supervisor = subprocess.Popen(
            [sys.executable, "-c", IN_A_TERMINAL, *argv], stdin=far, stdout=out, stderr=out, start_new_session=True
        )
    os.close(far)
    wait_for(lambda: "Holdfast is ready" in said.read_text(), 20, said.read_text)
    os.close(near)
    assert supervisor.wait(20) == 0
    assert "replacing" not in said.read_text()
    assert said.read_text().rstrip().endswith("stopped")


IN_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_a_killed_valkey_comes_back(start: Start, tmp_path: Path) -> None:
    supervisor = start()
    pidfile = tmp_path / "valkey" / "valkey.pid"
    first = int(pidfile.read_text())
    os.kill(first, signal.SIGKILL)
    supervisor.wait_for_output("valkey was killed by SIGKILL; starting it again")
    wait_for(lambda: pidfile.read_text().strip() not in {"", str(first)}, 10, "a new Valkey")


def test_no_orphan_survives_the_supervisor_s_own_murder(start: Start) -> None:
    supervisor = start("stubborn")  # its engine would not end when asked
    group = group_of(supervisor)
    supervisor.kill()
    wait_for(lambda: not members(group), 10, "everybody gone")
    start()  # and the folder, the lock and the port are free again


def test_what_is_said_twice_in_one_breath_is_said_once(start: Start) -> None:
    """As `timeout` does, which tells a process and then its group."""
    supervisor = start()
    group = group_of(supervisor)
    supervisor.send(signal.SIGTERM)
    supervisor.send(signal.SIGINT)
    supervisor.wait(seconds=10)
    assert "stopping ..." in supervisor.output
    assert "killing everything" not in supervisor.output
    assert members(group) == set()


def test_a_murdered_warden_is_replaced(start: Start) -> None:
    supervisor = start()
    group = group_of(supervisor)
    os.kill(group, signal.SIGKILL)  # the warden leads the group, so it has its number
    wait_for(lambda: group not in members(group), 5, "it is dead")
    wait_for(lambda: len(members(group)) == 4, 10, "a new warden in the old group")
    supervisor.kill()
    wait_for(lambda: not members(group), 10, "everybody gone")


def test_a_second_ctrl_c_kills(start: Start) -> None:
    supervisor = start("stubborn")
    group = group_of(supervisor)
    supervisor.send(signal.SIGINT)
    supervisor.wait_for_output("web says bye")

    def asked_again() -> bool:
        supervisor.send(signal.SIGINT)
        return "killing everything" in supervisor.output

    wait_for(asked_again, 5, "it is heard, once it cannot be an echo of the first")
    supervisor.wait(seconds=5)  # less than the grace a stubborn engine would have had
    assert "killing everything" in supervisor.output
    assert members(group) == set()


def test_a_refused_start_stops_what_was_started(start: Start, tmp_path: Path) -> None:
    supervisor = start("refused", ready=False)
    assert supervisor.wait() == 1
    assert "RuntimeError: the shards differ" in supervisor.output
    assert "is process" not in supervisor.output
    assert not (tmp_path / "valkey" / "valkey.pid").exists()  # Valkey removes it when it ends in order


def test_a_second_supervisor_in_the_same_folder_is_refused(start: Start) -> None:
    first = start()
    second = start(ready=False)
    assert second.wait() == 1
    assert f"already runs in this folder (process {first.pid})" in second.output
    assert first.running
