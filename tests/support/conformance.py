"""Plays Autobahn cases: `python -m tests.support.conformance URL CASES...` prints what came of each, as JSON.

A process of its own: the cases bring modules that get in the way of the autobahn which Daphne has imported.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

import kosoku

AT_ONCE = 8


async def play(url: str, cases: list[str]) -> None:
    """`{case: {"passed", "behavior", "told"}}` on standard output."""
    try:
        results = await kosoku.run_fuzzingclient(url, cases, concurrency=AT_ONCE)
    except kosoku.FailureError as failed:
        results = failed.results
    json.dump(
        {
            one.case_id: {
                "passed": one.passed,
                "behavior": one.behavior.value,
                "told": f"{one.result} {one.result_close}",
            }
            for one in results
        },
        sys.stdout,
    )


if __name__ == "__main__":
    asyncio.run(play(sys.argv[1], sys.argv[2:]))
    sys.stdout.flush()
    os._exit(0)  # kosoku's own threads abort now and then when Python is taken down around them
