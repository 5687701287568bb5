"""The table of phases, and that nothing goes past it."""

from __future__ import annotations

from typing import get_args

import pytest

from rooms.core.effects import Effects
from rooms.core.facts import Phase
from rooms.core.phases import TRANSITIONS, Happening, WrongPhase, go
from tests.rooms.core.driver import Driver


@pytest.mark.parametrize("phase", get_args(Phase))
@pytest.mark.parametrize("happening", get_args(Happening))
def test_each_step_is_in_the_table_or_refused(phase: Phase, happening: Happening) -> None:
    live = Driver().live
    live.room.phase = phase
    if (phase, happening) in TRANSITIONS:
        go(live, happening, Effects())
        assert live.room.phase == TRANSITIONS[phase, happening]
    else:
        with pytest.raises(WrongPhase):
            go(live, happening, Effects())
        assert live.room.phase == phase


def test_every_phase_but_closed_can_close() -> None:
    open_phases = set(get_args(Phase)) - {"closed"}
    assert {phase for phase, happening in TRANSITIONS if happening == "close"} == open_phases
