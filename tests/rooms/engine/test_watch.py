"""Rules that never return are stopped."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest

from rooms.engine.watch import StepTooLong, Watch


def spin(seconds: float) -> None:
    """Python that does not return for a while, and swallows every ordinary exception."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(Exception):
            sum(range(100))


def test_a_room_that_thinks_too_long_is_stopped() -> None:
    watch = Watch(100)
    began = time.monotonic()
    with pytest.raises(StepTooLong, match="100 ms"), watch.over_pass(), watch.room():
        spin(20)
    assert time.monotonic() - began < 10


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
        spin(0.4)


def test_after_the_pass_nothing_rings() -> None:
    watch = Watch(100)
    with watch.over_pass():
        pass
    with watch.room():
        spin(0.4)


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
