"""A fleet comes up, its processes can be killed and added, and nobody is left afterwards."""

from __future__ import annotations

import os

import pytest

from tests.support.fleet import Fleet, StartFleet
from tests.support.processes import wait_for


def test_several_of_each_come_up(start_fleet: StartFleet) -> None:
    fleet: Fleet = start_fleet(web=2, engines=2, bots=1)
    assert len({web.port for web in fleet.web}) == 2
    assert all(web.answers() for web in fleet.web)
    assert all(process.running for process in (*fleet.engines, *fleet.lobby, *fleet.bots))


def test_a_killed_web_process_refuses_and_another_takes_over(start_fleet: StartFleet) -> None:
    fleet = start_fleet(web=1, engines=0, lobby=0)
    fleet.web[0].process.kill()
    assert not fleet.web[0].answers()
    fleet.add_web()
    fleet.web.pop(0)
    fleet.wait_until_ready()


def test_web_processes_can_share_a_port(start_fleet: StartFleet) -> None:
    fleet = start_fleet(web=2, engines=0, lobby=0, shared=True)
    assert fleet.web[0].port == fleet.web[1].port
    fleet.web[0].process.kill()
    wait_for(fleet.web[1].answers, 10, "the other one serves the port")


def test_a_process_that_does_not_come_up_fails_with_what_it_said(start_fleet: StartFleet) -> None:
    with pytest.raises(AssertionError, match="HOLDFAST_SHARDS='none' is not a whole number"):
        start_fleet(env={"HOLDFAST_SHARDS": "none"})


def test_leaving_it_ends_everybody(start_fleet: StartFleet) -> None:
    fleet = start_fleet()
    pids = [process.pid for process in (*fleet.engines, *fleet.lobby, fleet.web[0].process)]
    fleet.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
