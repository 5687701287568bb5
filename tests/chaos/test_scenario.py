"""Every kind of fault once over one fleet in play; players lose nothing and the checker finds nothing.

Runs without a competitor (tests/conftest.py): its bounds are seconds. `make chaos` does the same for long.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from random import Random

import tests.conftest as setup
from tests.chaos.faults import FAULTS
from tests.chaos.leaks import ENV, wait_for_rest, warm_up
from tests.chaos.network import Network
from tests.chaos.scenario import Scenario
from tests.chaos.stage import Stage

SEED = "short"


def tell(line: str) -> None:
    """For whoever has to find out why it failed."""
    print(f"{time.monotonic():.1f} {line}")


def test_every_fault_once_and_everything_is_given_back() -> None:
    plan = [fault for _, fault in sorted(FAULTS.items())]
    Random(SEED).shuffle(plan)
    with Network() as network, Stage(Path(tempfile.mkdtemp(dir=setup.RUN_FOLDER)), network, ENV) as stage:
        stage.open()
        tell("open")
        base = warm_up(stage, rooms=8, seed=SEED)
        tell("warm")
        scenario = Scenario(stage, SEED, rooms=6, matches=1, brief=True, tell=tell)
        tally = asyncio.run(scenario.run(plan))
        tell(tally.table())
        assert tally.violations == []
        assert wait_for_rest(stage, base) == []
    assert set(tally.faults) == set(FAULTS)
    assert tally.inputs["acked"] > 500
    assert tally.inputs["matches"] > 10
    assert tally.inputs["unclear"] < tally.inputs["acked"] / 20
