"""The loop that Twisted and Daphne get."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

OURS_FIRST = "import gameserver.reactor as ours, daphne.server"
DAPHNE_FIRST = "import daphne.server, gameserver.reactor as ours"
IS_OURS = "from twisted.internet import reactor; print(reactor._asyncioEventloop is ours.LOOP)"


@pytest.mark.parametrize(("order", "used"), [(OURS_FIRST, "True"), (DAPHNE_FIRST, "False")])
def test_the_first_to_come_brings_the_loop(order: str, used: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{order}; {IS_OURS}"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == used


def test_it_has_as_many_threads_as_daphne_would_give_it() -> None:
    asks = "from twisted.internet import reactor; print(reactor._asyncioEventloop._default_executor._max_workers)"
    script, env = f"{OURS_FIRST}; {asks}", {**os.environ, "ASGI_THREADS": "3"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.strip() == "3"


def test_a_web_process_runs_on_it() -> None:
    """`manage.py runweb` gets it before Django loads Daphne's app."""
    script = [
        "import sys, manage",
        "sys.argv = ['manage.py', 'runweb', '--help']",
        "try: manage.main()",
        f"except SystemExit: import gameserver.reactor as ours; {IS_OURS}",
    ]
    done = subprocess.run([sys.executable, "-c", "\n".join(script)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "True"
