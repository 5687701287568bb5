"""A process that nobody named makes a name up, and tells nobody that it is ready. With a supervisor:
tests/gameserver/supervisor/test_readiness.py.
"""

from __future__ import annotations

import pytest

from rooms import readiness


def test_without_a_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(readiness.LIFE, raising=False)
    monkeypatch.delenv(readiness.READY_FD, raising=False)
    assert readiness.life() != readiness.life() != ""
    readiness.tell_ready()
