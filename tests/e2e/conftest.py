"""One fleet and one browser for the whole of tests/e2e, and people who must not have met an error.

The browser's driver holds this thread's event loop until the last of these tests: what is asynchronous runs in a
thread of its own (`apart`).
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from tests.e2e.people import Meet, Person
from tests.support.chromium import FLAGS, PATIENCE_MS, chromium_path
from tests.support.fleet import Fleet

if TYPE_CHECKING:
    from playwright.sync_api import Browser

T = TypeVar("T")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One headless browser for all of these tests."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)  # for good: every module with a browser in it asks for the same
    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def shared_fleet() -> Iterator[Fleet]:
    """Two web processes, each on a port of its own, two engines, the lobby worker and bots."""
    with Fleet(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"]))) as fleet:
        yield fleet.start(web=2, engines=2, bots=1)


@pytest.fixture
def fleet(shared_fleet: Fleet) -> Iterator[Fleet]:
    """The fleet, for tests that hurt nobody."""
    yield shared_fleet
    sys.stderr.write(shared_fleet.output())  # pytest shows it only if the test failed


@pytest.fixture
def introduce(browser: Browser) -> Iterator[Meet]:
    """introduce(site, "Ann", **options of the browser's context) -> Person. Nobody's page may have complained."""
    people: list[Person] = []

    def introduce(site: str, name: str = "", **options: Any) -> Person:
        people.append(Person(browser, site, name, **options))
        return people[-1]

    yield introduce
    for person in people:
        person.close()
    assert {person.name: person.unforgiven for person in people if person.unforgiven} == {}


@pytest.fixture
def meet(introduce: Meet, fleet: Fleet) -> Meet:
    """meet("Ann", web=1): somebody at the shared fleet."""

    def meet(name: str = "", web: int = 0, **options: Any) -> Person:
        return introduce(fleet.web[web].url(""), name, **options)

    return meet


def apart(work: Coroutine[Any, Any, T]) -> T:
    """The result of asynchronous work, done in another thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
