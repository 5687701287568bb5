from __future__ import annotations

import re

from lobby.models import Token
from lobby.tokens import find_caller, make_token
from tests.lobby.world import Lobby, page


async def test_a_token_is_made_and_shown_once(lobby: Lobby, live_db: None) -> None:
    client = page("Ann")
    answer = await client.post("/tokens/", {"name": "Robo", "scopes": ["play", "read"]})
    found = re.search(r'value="(hf_[\w-]{43})"', answer.content.decode())
    assert found
    assert answer["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    caller = await find_caller(found[1])
    assert caller is not None
    assert caller.scopes == frozenset({"read", "play"})
    later = (await client.get("/tokens/")).content.decode()
    assert found[1] not in later
    assert "Robo" in later


async def test_what_is_wrong_is_said_at_its_field(lobby: Lobby, live_db: None) -> None:
    answer = await page().post("/tokens/", {"name": "", "scopes": ["fly"]})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Give it a name" in text
    assert "fly is not one of the available choices" in text
    answer = await page().post("/tokens/", {"name": "...", "scopes": ["read"]})
    assert "Use at least one letter or digit." in answer.content.decode()
    assert not await Token.objects.aexists()


async def test_no_guest_becomes_an_operator(lobby: Lobby, live_db: None) -> None:
    client = page()
    assert "operate" not in (await client.get("/tokens/")).content.decode()
    answer = await client.post("/tokens/", {"name": "Robo", "scopes": ["operate"]})
    assert "operate is not one of the available choices" in answer.content.decode()
    assert not await Token.objects.aexists()


async def test_one_sees_and_revokes_only_ones_own(lobby: Lobby, live_db: None) -> None:
    text, row = await make_token("Secretive", ["read"], owner="g-bob")
    assert "Secretive" not in (await page("Ann").get("/tokens/")).content.decode()
    answer = await page("Ann").post(f"/tokens/{row.pk}/revoke/")
    assert answer.status_code == 404
    assert await find_caller(text)
    answer = await page("Bob").post(f"/tokens/{row.pk}/revoke/")
    assert (answer.status_code, answer["Location"]) == (302, "/tokens/?revoked=1")
    assert await find_caller(text) is None
    assert "is revoked" in (await page("Bob").get("/tokens/?revoked=1")).content.decode()


async def test_making_tokens_is_limited(lobby: Lobby, live_db: None) -> None:
    for number in range(10):
        await page().post("/tokens/", {"name": f"R{number}", "scopes": ["read"]})
    answer = await page().post("/tokens/", {"name": "Robo", "scopes": ["read"]})
    assert answer.status_code == 429
    assert "That was a lot at once" in answer.content.decode()
    assert await Token.objects.acount() == 10
