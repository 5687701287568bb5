"""The browser of the end-to-end tests: a Chromium of this machine, driven by Playwright's Python driver.

    def test_page(browser: Browser) -> None: ...      # one browser per module; open a context of your own in it

While it is open its driver holds this thread's event loop: no async test and no ORM in the same module.
Never skipped: without a browser the fixture fails and says how to get one.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TOP = Path(__file__).resolve().parents[2]
PATIENCE_MS = 60_000
"""How long anything may take that should happen at once: other work may keep every core busy."""
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@cache
def chromium_path() -> str:
    """The browser to use; fails with what to do when there is none."""
    asked = subprocess.run(
        ["sh", str(TOP / ".ci" / "find-chromium")],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    if asked.returncode:
        pytest.fail(
            asked.stderr.strip()
            or "There is no Chromium. Run `sh .ci/install-chromium` (`make test` does), "
            "or set HOLDFAST_CHROMIUM to the path of one.",
            pytrace=False,
        )
    return asked.stdout.splitlines()[0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless browser for the tests of a module."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield launched
        launched.close()
