"""Environment variables: what is taken, and that every wrong value is refused with its name in the message."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from gameserver.environment import Tunable, read_choice, read_flag, read_list, read_number, read_text

ROOMS = Tunable("ROOMS", 10, 1, 100, "open rooms")


def test_text_falls_back_to_the_default_when_unset_or_blank() -> None:
    assert read_text("X", "d", {}) == "d"
    assert read_text("X", "d", {"X": "  "}) == "d"
    assert read_text("X", "d", {"X": " v "}) == "v"


@pytest.mark.parametrize(("word", "value"), [("1", True), ("Yes", True), ("0", False), ("off", False), ("", False)])
def test_flag(word: str, value: bool) -> None:
    assert read_flag("X", {"X": word}) is value


def test_flag_refuses_what_is_neither() -> None:
    with pytest.raises(ImproperlyConfigured, match="X='maybe' is neither on nor off"):
        read_flag("X", {"X": "maybe"})


def test_list_drops_blanks() -> None:
    assert read_list("X", {"X": " a.example, ,b.example,"}) == ["a.example", "b.example"]
    assert read_list("X", {}) == []


def test_choice_takes_the_first_by_default_and_refuses_strangers() -> None:
    assert read_choice("X", ("redis", "memory"), {}) == "redis"
    assert read_choice("X", ("redis", "memory"), {"X": "Memory"}) == "memory"
    with pytest.raises(ImproperlyConfigured, match="one of: redis, memory"):
        read_choice("X", ("redis", "memory"), {"X": "carrier pigeon"})


def test_number() -> None:
    assert read_number(ROOMS, {}) == 10
    assert read_number(ROOMS, {"HOLDFAST_ROOMS": "100"}) == 100


@pytest.mark.parametrize(("text", "why"), [("many", "not a whole number"), ("0", "1 to 100"), ("101", "1 to 100")])
def test_number_is_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"HOLDFAST_ROOMS.*{why}.*open rooms"):
        read_number(ROOMS, {"HOLDFAST_ROOMS": text})
