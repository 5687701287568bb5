"""rooms/passes.py: who gets in with a pass, and who does not."""

from __future__ import annotations

import time

import pytest
from django.core import signing

from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import Player
from rooms.passes import MAX_AGE_S, PREFIX, SALT, read_bot_pass, sign_bot_pass

ROOM = RoomId("r" * 22)
BOT = Player(PlayerId("bot-1f"), "Ada ☆", "bot")


def test_a_pass_lets_its_bot_into_its_room() -> None:
    assert read_bot_pass(sign_bot_pass(BOT, ROOM), ROOM) == BOT


def test_a_pass_fits_into_a_header() -> None:
    token = sign_bot_pass(BOT, ROOM)

    assert token.isascii()
    assert not set(token) & set(" ,;\"'\r\n")


def test_it_opens_no_other_room() -> None:
    assert read_bot_pass(sign_bot_pass(BOT, ROOM), RoomId("s" * 22)) is None


@pytest.mark.parametrize("kind", ["guest", "api"])
def test_only_built_in_bots_get_one(kind: str) -> None:
    with pytest.raises(ValueError, match="no built-in bot"):
        sign_bot_pass(Player(PlayerId("p"), "P", kind), ROOM)  # type: ignore[arg-type]


def test_a_changed_pass_is_none() -> None:
    token = sign_bot_pass(BOT, ROOM)

    for at in range(len(PREFIX), len(token), 5):
        other = "A" if token[at] != "A" else "B"
        assert read_bot_pass(token[:at] + other + token[at + 1 :], ROOM) is None


@pytest.mark.parametrize("token", ["", PREFIX, "hf_something", PREFIX + "a:b:c", PREFIX + "é"])
def test_other_tokens_are_none(token: str) -> None:
    assert read_bot_pass(token, ROOM) is None


def test_what_this_server_signed_for_something_else_is_none() -> None:
    cookie = signing.dumps([ROOM, "bot-1f", "Ada"], salt="holdfast.guest")
    shaped = signing.dumps({"room": ROOM}, salt=SALT)

    assert read_bot_pass(PREFIX + cookie, ROOM) is None
    assert read_bot_pass(PREFIX + shaped, ROOM) is None


def test_it_lapses(monkeypatch: pytest.MonkeyPatch) -> None:
    token = sign_bot_pass(BOT, ROOM)
    now = time.time()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + MAX_AGE_S - 5)
    assert read_bot_pass(token, ROOM) == BOT

    monkeypatch.setattr("django.core.signing.time.time", lambda: now + MAX_AGE_S + 5)
    assert read_bot_pass(token, ROOM) is None
