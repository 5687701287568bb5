"""One fleet for all tests of this folder that need real processes: starting it is what takes long."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fleet import Fleet
from tests.support.player import token_of


@pytest.fixture(scope="session")
def shared_fleet() -> Iterator[Fleet]:
    """Two web processes, two engines, one process of bots."""
    fleet = Fleet(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"])))
    try:
        yield fleet.start(web=2, engines=2, bots=1)
    finally:
        fleet.close()


@pytest.fixture(scope="session")
def shared_token(shared_fleet: Fleet) -> str:
    """A token of that fleet with every scope."""
    return token_of(shared_fleet)


@pytest.fixture
def fleet(shared_fleet: Fleet) -> Iterator[Fleet]:
    """The fleet, whole: a test that ends processes starts others in their place."""
    yield shared_fleet
    sys.stderr.write(shared_fleet.output())  # pytest shows it only if the test failed


@pytest.fixture
def site(fleet: Fleet) -> str:
    """The address of its first web process."""
    return fleet.web[0].url("")
