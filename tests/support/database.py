"""A real database for tests: SQLite in the run's own folder, migrated once, when the first test asks for it.

def test_rating(db: None) -> None: ...             # one transaction, rolled back: one thread only
async def test_record(live_db: None) -> None: ...  # committed, emptied afterwards: async, processes
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connections, transaction


@pytest.fixture(scope="session")
def migrated() -> Iterator[None]:
    """The tables exist."""
    call_command("migrate", verbosity=0, interactive=False)
    yield
    connections.close_all()


@pytest.fixture
def db(migrated: None) -> Iterator[None]:
    """Everything the test writes is undone. `transaction.on_commit` never fires: use `live_db` for that."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def live_db(migrated: None) -> Iterator[None]:
    """What the test writes is committed, so every thread and process sees it; emptied afterwards."""
    yield
    call_command("flush", verbosity=0, interactive=False)
