from __future__ import annotations

import signal

from tests.support.fleet import StartFleet


def test_it_works_until_it_is_told_to_stop(start_fleet: StartFleet) -> None:
    fleet = start_fleet(web=0, engines=0)
    (lobby,) = fleet.lobby
    lobby.wait_for_output("the lobby worker runs")
    fleet.valkey.pause()  # it must end without Redis, too
    lobby.send(signal.SIGTERM)
    assert lobby.wait(15) == 0
    assert "the lobby worker has stopped" in lobby.output
    fleet.valkey.resume()


def test_it_waits_for_redis_and_goes_on(start_fleet: StartFleet) -> None:
    fleet = start_fleet(web=0, engines=0)
    (lobby,) = fleet.lobby
    lobby.wait_for_output("the lobby worker runs")
    fleet.valkey.kill()
    lobby.wait_for_output("waits:")
    fleet.valkey.start()
    assert lobby.running
