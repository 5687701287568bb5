"""`make play` stopped with Ctrl-C and started again: the rooms are still there, and so is every page that was open."""

from __future__ import annotations

import os
import re
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.people import LOST, Meet
from tests.e2e.watching import notes, take_notes
from tests.support.processes import Process


@pytest.fixture
def play() -> Iterator[Callable[[], Process]]:
    """Starts `play` in one folder and on one port, each time it is called."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = str(found.getsockname()[1])
    folder = tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"])
    env = {"HOLDFAST_VAR": folder, "REDIS_URL": "", "DATABASE_URL": "", "HOLDFAST_CHANNEL_LAYER": ""}
    started: list[Process] = []

    def play() -> Process:
        started.append(Process.manage("play", "play", "--port", port, env=env))
        started[-1].wait_for_output("Holdfast is ready: http://", seconds=180)
        return started[-1]

    yield play
    for process in started:
        if process.running:
            process.stop()
        process.kill()


def test_rooms_survive_ctrl_c(play: Callable[[], Process], introduce: Meet) -> None:
    process = play()
    site = re.findall(r"ready: (\S+)", process.output)[0]
    ann = introduce(site, "Ann")
    ann.expected.append(LOST)
    take_notes(ann.context)
    ann.open("tictactoe", first="first")
    ann.add_bot("hard")
    ann.press("Start")
    ann.page.get_by_role("button", name="row 1, column 1, empty").click()
    ann.until("view.whole.game.turn === 0 && view.whole.game.cells[0] === 0")
    before = ann.inside("[view.whole.game.cells, view.whole.room.seats.map((seat) => seat.player)]")

    process.send(signal.SIGINT)
    assert process.wait(30) == 0
    expect(ann.page.locator("#pill-text")).to_have_text("Reconnecting")
    play()
    expect(ann.page.locator("#pill-text")).to_have_text(re.compile("Live|Slow"))
    assert ann.inside("[view.whole.game.cells, view.whole.room.seats.map((seat) => seat.player)]") == before
    ticks = notes(ann.page)["ticks"]
    assert ticks == sorted(ticks)
    free = before[0].index(-1)
    ann.page.get_by_role("button", name=f"row {free // 3 + 1}, column {free % 3 + 1}, empty").click()
    ann.until("view.whole.game.cells.filter((cell) => cell >= 0).length === 4", 40)  # the bot is back as well
