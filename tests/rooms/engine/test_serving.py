"""An engine as a process: quick to start, and no less careful for it."""

from __future__ import annotations

import sys

from tests.support.processes import Process
from tests.support.valkey import ValkeyServer


def test_it_starts_without_any_app(valkey_server: ValkeyServer, valkey_url: str) -> None:
    """They take most of the time of a start, and the rooms of a dead engine wait for the next one."""
    program = (
        "import sys, manage; sys.argv = ['manage.py', 'runengine']; import rooms.engine.serving as s;"
        "s.serve = lambda: print(sorted({'ninja', 'twisted', 'channels', 'django.db'} & set(sys.modules)));"
        "manage.main()"
    )
    with Process("engine", [sys.executable, "-c", program]) as process:
        assert process.wait() == 0
        assert process.output.strip() == "[]"


def test_a_redis_with_another_number_of_shards_is_refused_in_a_sentence(
    valkey_server: ValkeyServer, valkey_url: str
) -> None:
    with valkey_server.client() as client:
        client.hset("hf:meta", mapping={"shards": 4, "incarnation": "i", "version": 1})
    for words in (["runengine"], ["runengine", "--no-color"]):  # the short way and Django's
        with Process.manage("engine", *words, env={"REDIS_URL": valkey_url}) as process:
            assert process.wait() == 1
            assert "holds rooms in 4 shards" in process.output.splitlines()[-1]
            assert "Traceback" not in process.output
