"""The Autobahn cases over the shipped server: does it speak WebSocket as RFC 6455 says?

The package kosoku plays them. Cases 12 and 13 are about compression, which is not offered.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from gameserver.transport.roads import ROADS
from tests.support.seam_server import Server

FUNCTIONAL = ("1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*")
LIMITS = ("9.*",)


def play(server: Server, *cases: str) -> dict[str, dict[str, Any]]:
    """What came of each case."""
    command = [sys.executable, "-m", "tests.support.conformance", f"ws://127.0.0.1:{server.port}/echo", *cases]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=180)
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("road", ROADS)
def test_no_functional_case_fails(road: str) -> None:
    server = Server(HOLDFAST_MAX_INPUT_BYTES="65536", HOLDFAST_PING_S="600", HOLDFAST_WEBSOCKETS=road)
    results = play(server, *FUNCTIONAL)
    server.process.kill()
    assert {case: result["told"] for case, result in results.items() if not result["passed"]} == {}
    assert len(results) == 247


def test_no_case_about_limits_fails_where_the_limit_is_high_enough() -> None:
    server = Server(str(16 * 1024 * 1024), HOLDFAST_PING_S="600", HOLDFAST_WEBSOCKETS="picows")
    results = play(server, *LIMITS)
    server.process.kill()
    assert {case: result["told"] for case, result in results.items() if not result["passed"]} == {}
    assert len(results) == 54


def test_compression_is_not_offered() -> None:
    server = Server(HOLDFAST_PING_S="600", HOLDFAST_WEBSOCKETS="picows")
    results = play(server, "12.1.1", "13.1.1")
    server.process.kill()
    assert {result["behavior"] for result in results.values()} == {"UNIMPLEMENTED"}
