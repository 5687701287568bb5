"""Journals out of the database: whole, missing, damaged, too large, of other rules."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import pytest

from lobby import replays
from lobby.errors import LobbyError
from lobby.models import Match
from rooms.core.tape import Flaw
from tests.lobby.recorded import keep

pytestmark = pytest.mark.usefixtures("db")


def test_a_journal_is_read_with_its_rules() -> None:
    match = keep("snake")
    assert replays.load_tape(match).ticks == match.ticks
    assert replays.rules_for(match).slug == "snake"


def spoilt(match: Match, lines: bytes) -> Match:
    match.replay.lines = lines
    match.replay.save()
    return match


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (b"no zlib", "cannot be unpacked"),
        (zlib.compress(b"\xc1"), "cannot be read"),
        (zlib.compress(b"\x90"), "lacks its beginning"),
    ],
)
def test_what_is_damaged_is_told(lines: bytes, words: str) -> None:
    with pytest.raises(LobbyError, match=words) as refusal:
        replays.load_tape(spoilt(keep(), lines))
    assert (refusal.value.code, refusal.value.status) == ("replay_broken", 409)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "MOST_BYTES", 1000)
    with pytest.raises(LobbyError, match="larger than 1000 bytes"):
        replays.load_tape(spoilt(keep(), zlib.compress(b"\0" * 10_000_000)))


def test_a_match_without_one_says_so() -> None:
    with pytest.raises(LobbyError, match="no replay") as refusal:
        replays.load_tape(keep(journal=[]))
    assert refusal.value.status == 404


@pytest.mark.parametrize(("changes", "code"), [({"version": 9}, "other_version"), ({"game": "chess"}, "unknown_game")])
def test_other_rules_are_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Flaw) as flaw:
        replays.rules_for(keep(**changes))
    assert flaw.value.code == code
    assert replays.broken(flaw.value).status == 409


def test_older_rules_that_are_still_here_play_their_own_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    from rooms.games import registry

    match, rules = keep(), registry.get_rules("tictactoe")
    newer = replace(rules, version=2, older={1: rules})
    monkeypatch.setattr("rooms.games.registry._found", lambda: registry._Found({"tictactoe": newer}, {}, {}))
    assert replays.rules_for(match) is rules
