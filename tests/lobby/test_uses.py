from __future__ import annotations

from datetime import datetime

import pytest
from django.db import OperationalError

from lobby import uses as module
from lobby.models import Token
from lobby.tokens import make_token, write_uses
from lobby.uses import Uses
from tests.lobby.world import until


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REST_S", 0.01)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """The tokens of each write."""
    asked: list[set[int]] = []

    async def write(tokens: list[int]) -> None:
        asked.append(set(tokens))
        await write_uses(tokens)

    monkeypatch.setattr(module, "write_uses", write)
    return asked


async def used(rows: list[Token]) -> list[datetime | None]:
    return [(await Token.objects.aget(pk=row.pk)).used_at for row in rows]


async def test_uses_of_a_moment_are_written_together_and_later_ones_after_them(
    live_db: None, written: list[set[int]]
) -> None:
    rows = [(await make_token(f"R{number}", ["read"]))[1] for number in range(3)]
    uses = Uses()
    for row in (rows[0], rows[1], rows[0]):
        uses.note(row.pk)
    assert written == [], "whoever notes a use does not wait for it"
    await until(lambda: done(uses))
    assert written == [{rows[0].pk, rows[1].pk}]
    assert [moment is not None for moment in await used(rows)] == [True, True, False]
    uses.note(rows[2].pk)
    await until(lambda: done(uses))
    assert written[1:] == [{rows[2].pk}]
    assert None not in await used(rows)


async def done(uses: Uses) -> bool:
    return uses._writing is not None and uses._writing.done()


async def test_many_are_written_in_pieces_and_what_waits_is_bounded(
    monkeypatch: pytest.MonkeyPatch, live_db: None, written: list[set[int]]
) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(module, "MOST_WAITING", 5)
    uses = Uses()
    for token in range(9):
        uses.note(token)
    await until(lambda: done(uses))
    assert [len(tokens) for tokens in written] == [2, 2, 1]
    assert set.union(*written) == set(range(5))


async def test_a_database_that_fails_is_said_and_the_next_use_is_written(
    live_db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(_tokens: list[int]) -> None:
        raise OperationalError("database is locked")

    _, row = await make_token("Robo", ["read"])
    uses = Uses()
    with monkeypatch.context() as patched:
        patched.setattr(module, "write_uses", fails)
        uses.note(row.pk)
        await until(lambda: done(uses))
    assert "the last use of 1 tokens could not be written: database is locked" in caplog.text
    uses.note(row.pk)
    await until(lambda: done(uses))
    assert await used([row]) != [None]
