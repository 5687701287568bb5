"""Tests mirror the tree: each module has its twin, or stands here with the reason why not.

rooms/store/log.py -> tests/rooms/store/test_log.py
"""

from __future__ import annotations

from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
PACKAGES = ("gameserver", "rooms", "lobby")
PASSED_OVER = {"__init__.py", "apps.py"}
ELSEWHERE = {
    "gameserver/supervisor/hangup.py": "tests/gameserver/supervisor/test_supervisor.py: with a terminal that is closed",
    "gameserver/supervisor/warden.py": "tests/gameserver/management/test_play.py: what is left when the rest dies",
    "gameserver/supervisor/wardship.py": "tests/gameserver/management/test_play.py: the other end of the warden",
    "gameserver/urls.py": "tests/lobby/test_pages.py: addresses",
    "gameserver/websocket.py": "tests/gameserver/test_server_seams.py: sockets and server are one machine, tried whole",
    "lobby/api/auth.py": "tests/lobby/api/test_calls.py: each call with and without its scope",
    "lobby/api/types.py": "tests/lobby/api/test_calls.py: shapes of answers",
    "lobby/errors.py": "tests/lobby/test_services.py: an exception and its usual words",
    "lobby/models.py": "tests/lobby/test_records.py: tables",
    "lobby/routing.py": "tests/lobby/test_consumers.py: addresses",
    "lobby/stores.py": "tests/lobby/test_services.py: the store, read in the lobby's types",
    "lobby/urls.py": "tests/lobby/test_pages.py: addresses",
    "rooms/bots/errors.py": "tests/rooms/bots/test_client.py: exceptions",
    "rooms/core/bounds.py": "tests/rooms/core/test_seating.py: numbers",
    "rooms/core/effects.py": "tests/rooms/core/test_tick.py: what a tick collects",
    "rooms/core/facts.py": "tests/lobby/test_records.py: shapes of what others are told",
    "rooms/core/ids.py": "tests/rooms/core/test_room.py: names of types",
    "rooms/load/running.py": "tests/lobby/management/test_loadtest.py: a whole load test against a real server",
    "rooms/management/commands/runengine.py": "tests/support/test_fleet.py: every fleet starts it",
    "rooms/protocol/client.py": "tests/rooms/protocol/test_codec.py: shapes of messages",
    "rooms/protocol/server.py": "tests/rooms/protocol/test_codec.py: shapes of messages",
    "rooms/store/scattered.py": "tests/rooms/store/test_cluster.py: channels on the nodes of a real cluster",
}
"""Modules without a twin: where their tests are, and why there. Declarations, and halves of one machine."""


def modules() -> list[Path]:
    """Every module of the project's packages, relative to the top."""
    found = (path.relative_to(TOP) for package in PACKAGES for path in (TOP / package).rglob("*.py"))
    return sorted(path for path in found if path.name not in PASSED_OVER and "migrations" not in path.parts)


def twins_of(module: Path) -> list[Path]:
    """Where its tests belong. Those of commands may leave Django's folder "commands" out."""
    folders = [part for part in module.parent.parts if part != "commands"]
    return [Path("tests", *parts, f"test_{module.name}") for parts in (module.parent.parts, folders)]


def has_twin(module: Path) -> bool:
    return any((TOP / twin).is_file() for twin in twins_of(module))


def test_every_module_has_its_twin() -> None:
    missing = [str(path) for path in modules() if not has_twin(path) and str(path) not in ELSEWHERE]
    assert missing == []


def test_every_exception_is_still_one() -> None:
    for path, reason in ELSEWHERE.items():
        assert (TOP / path).is_file(), f"{path} is gone: strike it from ELSEWHERE"
        assert not has_twin(Path(path)), f"{path} has a twin: strike it from ELSEWHERE"
        tests, _, why = reason.partition(": ")
        assert why, f"{path}: say why"
        assert (TOP / tests).exists(), f"{path}: {tests} is not there"
