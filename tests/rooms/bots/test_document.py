"""docs/bots.md is true: its bot of fifteen lines is run, word for word, against real processes."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from rooms.bots import backoff, client, hearing, outbox, thinking
from rooms.bots.client import RoomClient
from rooms.core.bounds import Bounds
from rooms.limits import MESSAGES_BURST, MESSAGES_PER_S, RELAYS_BURST, RELAYS_PER_S
from rooms.protocol.codec import MAX_MESSAGE

TOP = Path(__file__).resolve().parents[3]
PAGE = (TOP / "docs" / "bots.md").read_text()


def fifteen_lines() -> str:
    """The program that the page marks."""
    found = re.search(r"<!-- fifteen lines.*?-->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def test_it_has_fifteen_lines() -> None:
    written = [line for line in fifteen_lines().splitlines() if line.strip()]
    assert len(written) == 15
    assert max(map(len, written)) <= 110


@pytest.mark.fleet
async def test_it_plays_a_match_to_its_end(site: str, shared_token: str, tmp_path: Path) -> None:
    program = tmp_path / "mybot.py"
    program.write_text(fifteen_lines())
    env = {**os.environ, "HOLDFAST_SITE": site, "HOLDFAST_TOKEN": shared_token, "PYTHONPATH": str(TOP)}
    bot = await asyncio.create_subprocess_exec(
        sys.executable, str(program), env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await asyncio.wait_for(bot.communicate(), 90)
    finally:
        if bot.returncode is None:
            bot.kill()
            await bot.wait()

    assert bot.returncode == 0, output.decode()
    assert "'places'" in output.decode()


def test_its_numbers_are_those_of_the_code() -> None:
    bounds = Bounds()
    for words in (
        f"{MESSAGES_PER_S} a second, a burst of {MESSAGES_BURST} ",
        f"| Bytes of a message | {MAX_MESSAGE} |",
        f"| {bounds.moves_per_step}; a game may use",
        f"{RELAYS_PER_S} a second, a burst of {RELAYS_BURST}, 512 bytes",
        f"{bounds.chat_letters} letters; a line every {bounds.chat_every_ms / 1000} seconds",
        f"seconds, a burst of {bounds.chat_burst} |",
        f"| Inputs without an answer | {outbox.LIMIT} |",
        f"| {hearing.EVENTS} and {hearing.RELAYS} |",
        f"at most {backoff.FIRST_S} seconds",
        f"{backoff.LAST_S:.0f} seconds",
        "one second for a move and runs in a thread, two at a time",
    ):
        assert words in PAGE.replace("\n", " "), words
    assert (thinking.LIMIT_S, thinking.THREADS) == (1.0, 2)


def test_it_names_every_command_of_the_client() -> None:
    commands = [
        name
        for name, member in vars(RoomClient).items()
        if not name.startswith("_") and asyncio.iscoroutinefunction(member) and name != "close"
    ]
    assert client.RoomClient is RoomClient
    for name in commands:
        assert f"`{name}`" in PAGE or f"room.{name}(" in PAGE, name
