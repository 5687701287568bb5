"""Both ends of the pipe on which a process says that it serves."""

from __future__ import annotations

import asyncio
import os
import sys

from gameserver.supervisor.readiness import Readiness


async def said(program: str) -> bool:
    """What is heard of a process that runs this program to its end."""
    readiness = Readiness("a-life")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program), env={**os.environ, **readiness.env}, pass_fds=readiness.inherited
    )
    readiness.listen()
    heard = await asyncio.wait_for(readiness.said, 10)
    await process.wait()
    return heard


async def test_a_process_says_once_that_it_is_ready_and_knows_its_name() -> None:
    assert await said("from rooms import readiness as r; assert r.life() == 'a-life'; r.tell_ready(); r.tell_ready()")


async def test_one_that_ends_without_a_word_was_not_ready() -> None:
    assert not await said("")


async def test_nobody_need_listen() -> None:
    open_before = len(os.listdir("/proc/self/fd"))
    readiness = Readiness("a-life")
    readiness.listen()
    readiness.close()
    readiness.close()
    assert len(os.listdir("/proc/self/fd")) == open_before
