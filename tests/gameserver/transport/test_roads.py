"""Which road is taken."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from gameserver.transport.roads import choose_road, has_picows


def test_picows_is_taken_where_it_is_installed() -> None:
    assert choose_road({}, True) == "picows"
    assert choose_road({"HOLDFAST_WEBSOCKETS": " "}, False) == "daphne"


@pytest.mark.parametrize("picows", [True, False])
def test_daphnes_own_can_be_asked_for(picows: bool) -> None:
    assert choose_road({"HOLDFAST_WEBSOCKETS": "Daphne"}, picows) == "daphne"


def test_what_cannot_be_had_stops_the_start() -> None:
    with pytest.raises(ImproperlyConfigured, match="not installed"):
        choose_road({"HOLDFAST_WEBSOCKETS": "picows"}, False)
    with pytest.raises(ImproperlyConfigured, match="not known"):
        choose_road({"HOLDFAST_WEBSOCKETS": "pigeons"}, True)


def test_the_tests_run_where_picows_is() -> None:
    assert has_picows()


def test_the_server_starts_without_picows() -> None:
    """No module of the way to Daphne's own protocol may import it."""
    code = (
        "import sys\n"
        "for name in ('picows', 'aiofastnet'): sys.modules[name] = None\n"
        "import django; django.setup()\n"
        "import gameserver.server\n"
        "from django.conf import settings; print(settings.HOLDFAST_WEBSOCKETS)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("daphne", "")
