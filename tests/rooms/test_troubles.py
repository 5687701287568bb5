"""Which part cannot work, and when all is well again."""

from __future__ import annotations

import logging

import pytest

from rooms.troubles import Troubles


def test_it_turns_once_and_back_once() -> None:
    troubles = Troubles()
    assert not troubles.tell("log", "")
    assert troubles.tell("log", "Redis is away.")
    assert not troubles.tell("log", "Redis is still away.")
    assert not troubles.tell("heartbeat", "no answer")
    assert troubles.reason == "Redis is still away."
    assert not troubles.tell("log", "")
    assert troubles.reason == "no answer"
    assert troubles.tell("heartbeat", "")
    assert troubles.reason == ""


def test_each_part_is_logged_at_its_beginning_and_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    troubles = Troubles()
    for reason in ("away", "away", "away", "", ""):
        troubles.tell("log", reason)
    assert [record.message for record in caplog.records] == ["degraded (log): away", "well again (log)"]
