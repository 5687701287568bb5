from __future__ import annotations

from io import StringIO

import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError, call_command

from lobby.models import Token
from lobby.tokens import find_caller


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
