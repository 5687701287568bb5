"""The tasks of a single process: begun, ended in time, and missed when one fails. The whole: test_serving.py."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gameserver import single
from gameserver.single import Single
from tests.support.waiting import until


def replace(monkeypatch: pytest.MonkeyPatch, **jobs: Any) -> None:
    async def patient(stop: asyncio.Event, *_: Any) -> None:
        await stop.wait()

    for name in ("run_engine", "run_lobby", "run_bots"):
        monkeypatch.setattr(single, name, jobs.get(name, patient))


async def test_all_three_run_until_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    replace(monkeypatch)
    failures: list[int] = []
    ours = Single("http://127.0.0.1:1", lambda: failures.append(1))
    ours.start()
    assert {task.get_name() for task in ours._tasks} == {"engine", "lobby", "bots"}
    await ours.stop()
    assert all(task.done() and not task.cancelled() for task in ours._tasks)
    assert failures == []


async def test_one_that_fails_is_told_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("as asked")

    replace(monkeypatch, run_lobby=broken)
    failures: list[int] = []
    ours = Single("http://127.0.0.1:1", lambda: failures.append(1))
    ours.start()
    await until(lambda: failures)
    assert "as asked" in caplog.text
    await ours.stop()


async def test_one_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    async def stubborn(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(single, "STOP_S", 0.05)
    replace(monkeypatch, run_bots=stubborn)
    ours = Single("http://127.0.0.1:1", lambda: None)
    ours.start()
    await asyncio.sleep(0)
    await ours.stop()
    assert all(task.done() for task in ours._tasks)


async def test_stopping_what_never_began_is_harmless() -> None:
    await Single("", lambda: None).stop()
