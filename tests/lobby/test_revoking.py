from __future__ import annotations

import pytest

from lobby import revoking
from lobby.caching import cache_client
from lobby.callers import Callers
from lobby.errors import LobbyError, store_down
from lobby.models import Token
from lobby.revoking import end_token, living_tokens
from lobby.tokens import change_word, digest_of, find_caller, make_token, word_key
from tests.lobby.world import Lobby


async def word() -> bytes | None:
    found: bytes | None = await cache_client().call("GET", word_key())
    return found


async def test_those_that_count_are_listed_newest_first_and_no_more_than_a_bound(
    live_db: None, lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(await make_token(f"R{number}", ["read"], owner="g-ann" * (number % 2)))[1] for number in range(4)]
    await end_token(str(rows[1].pk))
    assert await living_tokens() == ([rows[3], rows[2], rows[0]], 3)
    monkeypatch.setattr(revoking, "MOST_LISTED", 2)
    assert await living_tokens() == ([rows[3], rows[2]], 3)


@pytest.mark.parametrize("shown", ["number", "letters", "whole"])
async def test_one_is_ended_by_what_one_has_of_it(shown: str, live_db: None, lobby: Lobby) -> None:
    text, row = await make_token("Robo", ["read"], owner="g-ann")
    other, _ = await make_token("Other", ["read"])
    which = {"number": str(row.pk), "letters": f"{row.hint}…", "whole": f" {text}\n"}[shown]
    assert await end_token(which) == row
    assert await find_caller(text) is None
    assert await find_caller(other) is not None


async def test_it_is_out_at_once_in_a_process_that_knows_it(live_db: None, lobby: Lobby) -> None:
    text, row = await make_token("Robo", ["read"])
    await change_word()
    callers = Callers()
    assert await callers.find(digest_of(text), await word()) is not None
    await end_token(str(row.pk))
    assert await callers.find(digest_of(text), await word()) is None


@pytest.mark.parametrize("which", ["", "7", "9" * 30, "hf_nothing", "hf_", "Robo", "٣", "²"])
async def test_one_that_there_is_not_is_refused_with_what_to_do(which: str, live_db: None, lobby: Lobby) -> None:
    await make_token("Robo", ["read"])
    await Token.objects.aupdate(id=70)
    with pytest.raises(LobbyError, match=r"manage\.py token --list") as caught:
        await end_token(which)
    assert caught.value.code == "not_found"
    assert await Token.objects.filter(revoked_at=None).acount() == 1


async def test_letters_that_fit_several_end_none(live_db: None, lobby: Lobby) -> None:
    for name in ("A", "B"):
        await make_token(name, ["read"])
    await Token.objects.aupdate(hint="hf_twice1")
    with pytest.raises(LobbyError, match="Give the number"):
        await end_token("hf_twice1")
    assert await Token.objects.filter(revoked_at=None).acount() == 2


async def test_one_that_was_revoked_is_said_to_be_and_the_processes_are_told_again(live_db: None, lobby: Lobby) -> None:
    _, row = await make_token("Robo", ["read"])
    await end_token(str(row.pk))
    before = await word()
    with pytest.raises(LobbyError, match="was revoked already, 20"):
        await end_token(str(row.pk))
    assert await word() not in (None, before)


async def test_when_redis_is_away_it_is_ended_and_said_to_be_not_told(
    live_db: None, lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> None:
        raise store_down()

    text, row = await make_token("Robo", ["read"])
    monkeypatch.setattr(revoking, "change_word", away)
    with pytest.raises(LobbyError, match="is revoked in the database, but Redis does not answer"):
        await end_token(str(row.pk))
    assert await find_caller(text) is None
