from __future__ import annotations

import asyncio
import re
from io import StringIO

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command

from lobby.models import Token
from lobby.tokens import find_caller
from tests.lobby.world import Lobby


def test_the_token_alone_is_printed_and_it_counts(live_db: None) -> None:
    out, err = StringIO(), StringIO()
    call_command("token", "Robo", "--scopes", "play, read", stdout=out, stderr=err)
    caller = async_to_sync(find_caller)(out.getvalue().strip())
    assert caller is not None
    assert caller.player.name == "Robo"
    assert caller.scopes == frozenset({"read", "play"})
    assert "may read, play" in err.getvalue()
    assert Token.objects.get().owner == ""


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("Robo", "--scopes", "fly"), "no scope fly"),
        (("Robo", "--scopes", ""), "at least one"),
        (("",), "at least one letter"),
    ],
)
def test_what_is_wrong_is_said(live_db: None, words: tuple[str, ...], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("token", *words)
    assert not Token.objects.exists()


NIGHT = ("Night", "--scopes", "operate")


async def ran(*words: str) -> tuple[str, str]:
    """What the command writes to standard output and to standard error, run as from a terminal."""
    out, err = StringIO(), StringIO()
    await asyncio.to_thread(call_command, "token", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


async def test_tokens_are_listed_and_one_is_revoked(live_db: None, lobby: Lobby) -> None:
    assert await ran("--list") == ("", "No token counts. Make one: manage.py token NAME\n")
    kept, gone = [(await ran(*words))[0].strip() for words in (("Robo", "--scopes", "read"), NIGHT)]
    head, first, second = (await ran("--list"))[0].splitlines()
    assert head.split()[:4] == ["number", "begins", "name", "may"]
    assert (first.split()[1:4], first.split()[-1]) == ([f"{gone[:9]}…", "Night", "operate"], "never")
    assert second.split()[1:5] == [f"{kept[:9]}…", "Robo", "read", "command"]
    assert gone not in head + first + second
    assert "is revoked" in (await ran("--revoke", first.split()[0]))[0]
    assert await find_caller(gone) is None
    assert await find_caller(kept) is not None
    assert "Night" not in (await ran("--list"))[0]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "token NAME. Or use --list, or --revoke"),
        (("--revoke", "7"), "no token “7”. `manage.py token --list`"),
        (("Robo", "--list"), "without NAME"),
        (("--revoke", "7", "--scopes", "read"), "without NAME"),
        (("--revoke", "7", "--list"), "not allowed with"),
    ],
)
async def test_what_cannot_be_done_ends_the_command_with_a_reason(
    words: tuple[str, ...], why: str, live_db: None, lobby: Lobby
) -> None:
    with pytest.raises(CommandError, match=re.escape(why)):
        await ran(*words)
    assert not await Token.objects.aexists()
