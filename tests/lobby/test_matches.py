"""Who may see which match, and how one reads in a list."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async

from lobby.errors import LobbyError
from lobby.matches import find_in_room, find_match, headline, recent_matches, told
from lobby.models import Finish
from tests.lobby.recorded import keep

pytestmark = pytest.mark.usefixtures("live_db")
akeep = sync_to_async(keep)


async def may_see(number: int, player: str) -> bool:
    try:
        return (await find_match(number, player)).pk == number
    except LobbyError as refusal:
        return refusal.status != 404


async def test_public_matches_are_for_all_and_private_ones_for_those_who_played() -> None:
    public, private = await akeep(), await akeep(match=2, private=True)
    assert [await may_see(public.pk, who) for who in ("g-ann", "g-cat", "")] == [True, True, True]
    assert [await may_see(private.pk, who) for who in ("g-ann", "g-bob", "g-cat", "")] == [True, True, False, False]
    assert not await may_see(10**12, "g-ann")


async def test_who_played_a_private_match_that_was_given_up_is_known_from_its_journal() -> None:
    match = await akeep(private=True, finishers=())
    assert [await may_see(match.pk, who) for who in ("ann", "bob", "cat", "")] == [True, True, False, False]
    without = await akeep(match=2, private=True, finishers=(), journal=[])
    assert not await may_see(without.pk, "ann")


async def test_a_match_is_found_by_its_number_in_its_room() -> None:
    match = await akeep(match=3, private=True)
    found = await find_in_room(match.room, 3, "g-ann")
    assert found is not None
    assert found.pk == match.pk
    assert await find_in_room(match.room, 3, "g-cat") is None
    assert await find_in_room(match.room, 4, "g-ann") is None


async def test_the_newest_public_ones_are_listed() -> None:
    for number in range(1, 13):
        await akeep(match=number)
    await akeep(match=99, private=True)
    recent = await recent_matches()
    assert [one.match.number for one in recent] == list(range(12, 2, -1))
    assert all(one.recorded for one in recent)
    assert (recent[0].title, recent[0].url) == ("Noughts and crosses", f"/matches/{recent[0].match.pk}/")


async def test_one_without_a_replay_or_an_end_is_told_too() -> None:
    match = await find_match((await akeep(finishers=(), journal=[])).pk, "")
    shown = told(match)
    assert (shown.recorded, shown.headline, shown.places) == (False, "Not decided", [])


def finish(name: str, rank: int) -> Finish:
    return Finish(name=name, rank=rank)


def test_who_won_is_told_in_a_few_words() -> None:
    ann, bob, cat = finish("Ann", 1), finish("Bob", 2), finish("Cat", 1)
    assert headline([ann, bob]) == "Ann won"
    assert headline([ann, cat, bob]) == "Ann and Cat won"
    assert headline([ann, cat]) == "A draw"
    assert headline([ann]) == "Ann won"
