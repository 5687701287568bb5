from __future__ import annotations

import pytest
from django.test import AsyncClient
from django.utils import timezone

from lobby import operators
from lobby.models import Token
from lobby.throttle import Limit
from lobby.tokens import make_token
from tests.lobby.world import Lobby, page

pytestmark = pytest.mark.usefixtures("live_db")
FORM = "Token of an operator"


async def signed_in(name: str = "Night shift") -> tuple[AsyncClient, Token]:
    """A browser that has shown an operator's token."""
    text, row = await make_token(name, ["operate"])
    client = page()
    answer = await client.post("/operator/", {"token": f" {text} "})
    assert (answer.status_code, answer["Location"]) == (302, "/operator/")
    return client, row


async def test_strangers_see_a_form_and_nothing_else(lobby: Lobby) -> None:
    client = page()
    answer = await client.get("/operator/")
    assert FORM in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    for path in (f"/operator/rooms/{'n' * 22}/",):
        assert (await client.get(path))["Location"] == "/operator/"
    for act in ("resume", "close"):
        assert (await client.post(f"/operator/rooms/{'n' * 22}/{act}/"))["Location"] == "/operator/"
    assert await lobby.written() == []


@pytest.mark.parametrize("scopes", [["read", "play", "open"], []])
async def test_another_token_does_not_open(lobby: Lobby, scopes: list[str]) -> None:
    text = (await make_token("Robo", scopes))[0] if scopes else "hf_made_up"
    client = page()
    answer = await client.post("/operator/", {"token": text})
    assert answer.status_code == 403
    assert "no operator" in answer.content.decode()
    assert text not in answer.content.decode(), "a token is not shown again"
    assert FORM in (await client.get("/operator/")).content.decode()


async def test_nothing_is_said_at_its_field(lobby: Lobby) -> None:
    answer = await page().post("/operator/", {"token": ""})
    assert answer.status_code == 422
    assert "Paste the token." in answer.content.decode()


async def test_the_session_knows_no_token_and_gets_a_new_key(lobby: Lobby) -> None:
    text, _ = await make_token("Night shift", ["operate"])
    client = page()
    session = await client.asession()
    await session.asave()
    before = session.session_key
    await client.post("/operator/", {"token": text})
    session = await client.asession()
    assert session.session_key != before, "a key that was planted before does not become an operator's"
    assert text not in str(dict(await session.aitems()))
    assert session.get_expiry_age() <= operators.SESSION_S


async def test_a_revoked_token_is_out_at_once(lobby: Lobby) -> None:
    client, row = await signed_in()
    assert "Look again" in (await client.get("/operator/")).content.decode()
    await Token.objects.filter(pk=row.pk).aupdate(revoked_at=timezone.now())
    assert FORM in (await client.get("/operator/")).content.decode()


async def test_signing_out(lobby: Lobby) -> None:
    client, _ = await signed_in()
    assert (await client.post("/operator/sign-out/"))["Location"] == "/operator/"
    assert FORM in (await client.get("/operator/")).content.decode()
    assert (await client.get("/operator/sign-out/")).status_code == 405


async def test_tries_are_limited(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators, "OPERATOR_ADDRESS", Limit("operator-address", 2, 300))
    text, _ = await make_token("Night shift", ["operate"])
    for _ in range(2):
        await page().post("/operator/", {"token": "hf_guess"})
    answer = await page().post("/operator/", {"token": text})
    assert answer.status_code == 429
    assert "That was a lot at once" in answer.content.decode()


async def test_other_sites_cannot_press_its_buttons(lobby: Lobby) -> None:
    client = page(enforce_csrf_checks=True)
    assert (await client.post("/operator/", {"token": "hf_x"})).status_code == 403
