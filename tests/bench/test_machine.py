"""What is measured about processes: CPU time of another process, its core, its memory."""

from __future__ import annotations

import os
import sys

import pytest

from tests.bench.machine import Cores, Meter, children_on, choose_cores, cpu_of, describe, memory_of, versions
from tests.support.processes import Process, wait_for

SPIN = "import time; e = time.process_time() + 0.3\nwhile time.process_time() < e: pass\nprint('done'); time.sleep(60)"


def test_the_first_two_cores_or_one_twice() -> None:
    assert choose_cores([3, 1, 2]) == Cores(1, 2)
    assert choose_cores([5]) == Cores(5, 5)
    assert not choose_cores([5]).apart


def test_cpu_time_of_another_process_is_its_own() -> None:
    with Process("sleeper", ["sleep", "60"]) as sleeper, Process("spinner", [sys.executable, "-c", SPIN]) as spinner:
        meter = Meter({"spinner": [spinner.pid], "sleeper": [sleeper.pid]})
        spinner.wait_for_output("done")
        used = meter.read()
        assert used["spinner"] > 0.2
        assert used["sleeper"] < used["spinner"] / 10
        assert cpu_of(spinner.pid) >= 0.3
        assert memory_of(spinner.pid) > 1_000_000
    with pytest.raises(OSError, match="Invalid argument"):
        cpu_of(spinner.pid)


WORK = SPIN.partition("; time")[0]
# It outlives its child, so that the child's time is counted as that of a process that has ended.
PARENT = f"import subprocess, sys, time\nsubprocess.run([sys.executable, '-c', {WORK!r}])\ntime.sleep(60)"


def test_what_a_child_used_is_its_parents_once_it_is_over() -> None:
    with Process("parent", [sys.executable, "-u", "-c", PARENT]) as parent:
        meter = Meter({"parent": [parent.pid]})
        parent.wait_for_output("done")
        wait_for(lambda: meter.read()["parent"] > 0.25, 10, "the child's time")


def test_children_begin_on_their_core_and_the_parent_stays() -> None:
    mine = os.sched_getaffinity(0)
    core = max(mine)
    with children_on(core):
        child = Process("sleeper", ["sleep", "60"])
    with child:
        assert os.sched_getaffinity(child.pid) == {core}
    assert os.sched_getaffinity(0) == mine


def test_the_machine_and_the_versions_are_named() -> None:
    assert describe()["cores"] == os.cpu_count()
    found = versions()
    assert found["python"].startswith(f"{sys.version_info.major}.{sys.version_info.minor}")
    assert found["django"][0].isdigit()
