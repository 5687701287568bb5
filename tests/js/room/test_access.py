"""An accessibility checker (axe) finds nothing on the room page, in any of its states, in either theme."""

from __future__ import annotations

import pytest

from tests.js.room.scripted_page import EMPTY_BOARD, OpenRoom, ScriptedRoom, playing, room_view, seat
from tests.support.axe import violations

OVER = {"places": [{"seat": 0, "rank": 1, "score": 1}, {"seat": 1, "rank": 2, "score": 0}], "reason": "Three in a row"}
FAULT = {"code": "rules_fault", "message": "The rules of this game failed, so the room is paused."}
DONE = {"cells": [0, 0, 0, 1, 1, -1, -1, -1, -1], "turn": -1, "line": [0, 1, 2]}


@pytest.mark.parametrize(("theme", "phone"), [("light", False), ("dark", False), ("dark", True)])
def test_axe_finds_nothing(open_room: OpenRoom, theme: str, phone: bool) -> None:
    room = open_room(phone=phone, color_scheme=theme, reduced_motion="reduce").open(room_view(seats=[*SEATS, None]))
    room.event("joined", seat=1, name="Bob", kind="guest")
    room.event("chat", player="bob", name="Bob", seat=1, text="hello")
    if phone:
        room.page.locator("#tab-chat").tap()
    room.page.get_by_label("Your message").fill("x" * 290)
    check(room, "waiting, writing")
    if phone:
        room.page.locator("#tab-seats").tap()
    room.page.get_by_label("What to do with Bob").click()
    check(room, "waiting, with a menu open")
    room.frame(playing(), EMPTY_BOARD)
    if phone:
        room.page.locator("#tab-chat").tap()
    check(room, "playing")
    room.frame(playing(phase="rematch", outcome=OVER, seats=[seat("ann", rematch=True), seat("bob")]), DONE)
    room.page.locator("#results").wait_for()
    check(room, "finished")
    room.frame(playing(paused=FAULT), EMPTY_BOARD)
    room.say({"t": "status", "state": "degraded", "message": "Redis cannot be reached."})
    room.say({"t": "reject", "seq": 0, "code": "not_host", "message": "Only the host may do that."})
    room.page.locator(".toast").wait_for()
    check(room, "paused, degraded, with a note")
    room.drop(4501)
    room.page.locator("#screen").wait_for()
    check(room, "replaced")


SEATS = [seat("ann"), seat("bob", ready=True), seat("bot-1", name="Byte", kind="bot", strength="easy", here=False)]


def check(room: ScriptedRoom, state: str) -> None:
    """No violation in what is shown now."""
    room.settle()
    told = violations(room.page)
    assert not told, f"{state}:\n" + "\n".join(told)
