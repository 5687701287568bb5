"""Rules that never return are stopped, by what they use and not by what the machine does meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rooms.engine.watch import RING_S, StepTooLong, Watch
from tests.support.processes import Process, wait_for

FROZEN = """
import os, signal, time
from rooms.engine.watch import Watch

watch = Watch(100)
with watch.over_pass(), watch.room():
    began = time.monotonic()
    os.kill(os.getpid(), signal.SIGSTOP)
    end = time.thread_time() + 0.01
    while time.thread_time() < end:
        pass
    assert time.monotonic() - began > 0.1, "it was not frozen for long enough to prove anything"
print("went on")
"""


def spin(seconds: float) -> None:
    """Python that does not return until it has used so much processor time, and swallows every ordinary exception."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        with contextlib.suppress(Exception):
            sum(range(100))


def spin_twice() -> None:
    with contextlib.suppress(StepTooLong):
        spin(20)
    spin(20)


def test_a_room_that_thinks_too_long_is_stopped() -> None:
    watch = Watch(100)
    began = time.thread_time()
    with pytest.raises(StepTooLong, match="ran for more than 100 ms"), watch.over_pass(), watch.room():
        spin(20)
    assert 0.1 < time.thread_time() - began < 10


def test_who_swallows_it_once_is_not_rid_of_it() -> None:
    watch = Watch(100)
    with pytest.raises(StepTooLong), watch.over_pass(), watch.room():
        spin_twice()


def test_time_that_the_room_does_not_get_is_not_counted() -> None:
    """Three others want the same processor: the room has its time, which takes the clock several times as long."""
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(mine)})
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3)]
    try:
        watch, began = Watch(200), time.monotonic()
        with watch.over_pass(), watch.room():
            spin(0.1)
        assert time.monotonic() - began > 0.2, "nobody was in its way"
    finally:
        os.sched_setaffinity(0, mine)
        for other in others:
            other.kill()
            other.wait()


def test_a_room_that_waits_too_long_is_stopped_as_well() -> None:
    watch = Watch(100)
    began, used = time.monotonic(), time.thread_time()
    with pytest.raises(StepTooLong, match="waited for more than 100 ms"), watch.over_pass(), watch.room():
        time.sleep(20)  # what rules that wait do; it is cut short
    assert 0.1 < time.monotonic() - began < 10
    assert time.thread_time() - used < 0.1


def test_a_process_that_was_frozen_stops_no_room() -> None:
    with Process("frozen", [sys.executable, "-c", FROZEN]) as process:
        wait_for(lambda: state_of(process.pid) == "T", 30, lambda: process.output)
        time.sleep(0.3 + 2 * RING_S)  # the length of the freeze is what is tested
        process.send(signal.SIGCONT)
        process.wait_for_output("went on")


def state_of(pid: int) -> str:
    """The kernel's letter for what a process does: "T" is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_each_room_has_its_own_time() -> None:
    watch = Watch(400)
    with watch.over_pass():
        for _ in range(4):
            with watch.room():
                spin(0.15)


def test_the_engines_own_work_is_not_limited() -> None:
    watch = Watch(100)
    with watch.over_pass():
        with watch.room():
            pass
        spin(0.3)


def test_after_the_pass_nothing_rings() -> None:
    watch = Watch(100)
    with watch.over_pass():
        pass
    with watch.room():
        spin(0.3)


def test_the_watch_whose_pass_it_is_is_rung() -> None:
    watches = Watch(100), Watch(100), Watch(100)
    for watch in (*watches, *watches):
        with pytest.raises(StepTooLong), watch.over_pass(), watch.room():
            spin(20)


def test_without_a_limit_or_off_the_main_thread_nothing_is_stopped() -> None:
    unlimited = Watch(0)
    with unlimited.over_pass(), unlimited.room():
        spin(0.2)
    done: list[bool] = []

    def elsewhere() -> None:
        watch = Watch(100)
        with watch.over_pass(), watch.room():
            spin(0.3)
        done.append(True)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join(10)
    assert done == [True]
