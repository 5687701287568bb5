"""Sets up what every test stands on, before anything of ours is imported.

Each run has a folder of its own (HOLDFAST_VAR) with its database and its Valkey, so tests never touch `var/`
of the checkout and two runs never meet. Valkey and the database start only when the first test asks for them.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # so it is in a shell's background, and every child would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
RUN_FOLDER = Path(tempfile.mkdtemp(prefix="hf-test-"))
atexit.register(shutil.rmtree, RUN_FOLDER, ignore_errors=True)

for name in [name for name in os.environ if name.startswith("HOLDFAST_") and name != "HOLDFAST_CHROMIUM"]:
    del os.environ[name]  # what the developer's shell has set must not change what is tested
os.environ.update(
    DJANGO_SETTINGS_MODULE="gameserver.settings",
    HOLDFAST_VAR=str(RUN_FOLDER),
    HOLDFAST_SECRET_KEY="only-for-tests-" + "x" * 50,
    HOLDFAST_CHANNEL_LAYER="memory",  # in-process tests; a Fleet's processes use Redis
    DATABASE_URL=f"sqlite:///{RUN_FOLDER / 'test.sqlite3'}",
    REDIS_URL=f"unix://{RUN_FOLDER / 'valkey.sock'}",
)

import django  # noqa: E402  (Django reads the environment set above)
import pytest  # noqa: E402

django.setup()

import rooms.store.connections  # noqa: E402  (its package reads settings, which Django has only now)

# Of the tests' own process alone: whole fleets and browsers start beside it, and it may not run for a second.
vars(rooms.store.connections)["CONNECT_S"] = 4.0

pytest_plugins = [
    "tests.support.valkey",
    "tests.support.database",
    "tests.support.fleet",
    "tests.support.chromium",
    "tests.support.temp_game",
]

MARKED_BY_FIXTURE = {"valkey": "valkey", "valkey_url": "valkey", "start_fleet": "fleet", "browser": "browser"}


ALONE = {"test_latency", "test_pests", "test_restarting", "test_takeover"}
"""Modules that watch the clock by milliseconds: nothing runs beside them (Makefile)."""
PAIRED = {
    *("test_arenas", "test_cluster_failover", "test_disruption", "test_restart", "test_scenario"),
    *("test_faults", "test_outages", "test_sentinel_failover", "test_smoke", "test_weblife"),
}
"""Modules that watch the clock by seconds: two at a time."""
APART = {"alone": ALONE, "paired": PAIRED}
LONGEST = (
    *("chaos/test_scenario", "e2e/test_disruption", "bench/test_smoke", "e2e/test_arenas"),
    *("e2e/test_pages", "gameserver/test_server", "e2e/test_games", "gameserver/management/test_play"),
    *("laws/test_laws", "js/room/test_page", "rooms/test_outages", "e2e/test_processes", "rooms/bots/test_fleet"),
    *("lobby/test_pages", "e2e/test_roads", "e2e/test_operator", "gameserver/transport/test_conformance"),
    *("e2e/test_new_game", "js/room/test_access", "rooms/test_road", "e2e/test_keyboard"),
    *("support/test_fleet", "e2e/test_replay", "gameserver/supervisor/test_supervisor", "gameserver/test_serving"),
    *("rooms/test_once", "gameserver/management/test_runweb", "lobby/management/test_loadtest", "rooms/test_recovery"),
    *("rooms/store/test_history", "rooms/bots/test_document", "gameserver/transport/test_upgrade"),
)
"""Modules that take longest begin first, or the end would wait for one of them. Browsers, which compute, and processes
that wait for each other take turns, so that neither half of the time is short of work."""
TESTS = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`-m alone` and `-m paired` need not read the modules that hold none: it takes longer than to run some."""
    only = APART.get(config.option.markexpr)
    if only is None or collection_path.suffix != ".py":
        return None
    return (collection_path.stem.startswith("test_") and collection_path.stem not in only) or None


def place(item: pytest.Item) -> int:
    """Where in the order of LONGEST a test's module comes; behind them all if it is not there."""
    name = item.path.relative_to(TESTS).with_suffix("").as_posix()
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first. Mark each test by the fixtures it uses, so `-m "not fleet"` needs no bookkeeping."""
    items.sort(key=place)
    for item in items:
        for marker, stems in (("alone", ALONE), ("paired", PAIRED)):
            if item.path.stem in stems:
                item.add_marker(marker)
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in MARKED_BY_FIXTURE:
                item.add_marker(MARKED_BY_FIXTURE[fixture])
