"""Options in, programs out."""

from __future__ import annotations

import pytest

from gameserver.supervisor.plan import STOP_ORDER, Options, address, programs


def names(options: Options) -> list[str]:
    return [program.name for program in programs(options, "unix:///v.sock", 7)]


def test_one_of_each_by_default() -> None:
    assert names(Options()) == ["engine", "lobby", "web", "bots"]


def test_as_many_as_asked_for() -> None:
    wanted = ["engine", "engine-2", "lobby", "web", "web-2", "web-3"]
    assert names(Options(web=3, engines=2, bots=0)) == wanted


def test_single_is_one_process_with_the_layer_in_memory() -> None:
    (program,) = programs(Options(single=True), "unix:///v.sock", 7)
    assert program.argv[-4:] == ("runweb", "--single", "--fd", "7")
    assert program.env["HOLDFAST_CHANNEL_LAYER"] == "memory"
    assert program.inherited == (7,)


def test_bots_are_told_the_address() -> None:
    bots = programs(Options(port=8123), "unix:///v.sock", 7)[-1]
    assert bots.argv[-3:] == ("runbots", "--url", "http://127.0.0.1:8123")


def test_every_process_knows_its_name_and_redis() -> None:
    for program in programs(Options(port=8123, engines=2), "unix:///v.sock", 7):
        assert program.env["HOLDFAST_PROCESS"] == program.name
        assert program.env["REDIS_URL"] == "unix:///v.sock"
        assert program.inherited == ((7,) if program.group == "web" else ())
        assert program.group in STOP_ORDER


@pytest.mark.parametrize(
    ("host", "shown"),
    [("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("::1", "[::1]"), ("play.example", "play.example")],
)
def test_address(host: str, shown: str) -> None:
    assert address(Options(host=host, port=80)) == f"http://{shown}:80"


def test_who_owns_shards_and_who_says_that_it_is_ready() -> None:
    started = programs(Options(), "unix:///v.sock", 7)
    assert [(program.name, program.owns, program.tells) for program in started] == [
        ("engine", True, True),
        ("lobby", False, False),
        ("web", False, True),
        ("bots", False, False),
    ]
    (single,) = programs(Options(single=True), "unix:///v.sock", 7)
    assert (single.owns, single.tells) == (True, True)


def test_pools_have_engines_of_their_own() -> None:
    started = programs(Options(engines=2, pools={"heavy": 1}), "unix:///v.sock", 7)
    served = [program.env.get("HOLDFAST_POOL", "") for program in started if program.group == "engine"]
    assert served == ["", "", "heavy"]
    assert len({program.name for program in started}) == len(started)
