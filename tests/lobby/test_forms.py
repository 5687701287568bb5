from __future__ import annotations

import pytest

from lobby.errors import LobbyError
from lobby.forms import JoinForm, NameForm, OpenForm
from lobby.gallery import rules_of, usual_size
from rooms.games.registry import find_games

ID = "abcdefghijklmnopqrst_-"


@pytest.mark.parametrize(
    "pasted",
    [
        ID,
        f" {ID} ",
        f"/rooms/{ID}/",
        f"http://localhost:8000/rooms/{ID}/",
        f"https://x.y/rooms/{ID}?a=1",
        f"x/rooms/{ID}#s",
    ],
)
def test_a_room_is_found_in_what_is_pasted(pasted: str) -> None:
    form = JoinForm({"room": pasted})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["room"] == ID


@pytest.mark.parametrize("pasted", ["", "hello", ID + "x", f"/games/{ID}/", "/rooms/short/", "x" * 600])
def test_what_is_no_room_is_refused(pasted: str) -> None:
    form = JoinForm({"room": pasted})
    assert not form.is_valid()
    assert len(form.errors["room"]) == 1


def test_a_name_is_tidied_or_refused() -> None:
    form = NameForm({"name": "  Ada  L "})
    assert form.is_valid()
    assert form.cleaned_data["name"] == "Ada L"
    assert NameForm({"name": "x" * 25}).errors["name"] == ["A name may have 24 letters; this one has 25."]


@pytest.mark.parametrize("slug", find_games())
def test_every_game_can_be_opened_with_what_its_form_begins_with(slug: str) -> None:
    rules = rules_of(slug)
    empty = OpenForm(rules, usual_size(rules))
    begun = {name: field.initial for name, field in empty.fields.items() if field.initial not in (None, False)}
    form = OpenForm(rules, usual_size(rules), begun)
    assert form.is_valid(), form.errors
    assert rules.options(**form.options) == rules.options()


def test_options_out_of_range_are_told_at_their_field() -> None:
    rules = rules_of("arena")
    form = OpenForm(rules, 8, {"size": "17", "option_score": "0"})
    assert form.errors["size"] == ["Choose from 1 to 16 seats."]
    assert form.errors["option_score"] == ["Write a whole number from 1 to 50."]


def test_a_game_with_a_fixed_number_of_seats_asks_for_none() -> None:
    assert "size" not in OpenForm(rules_of("tictactoe"), 2).fields


def test_a_service_refusal_stands_at_its_field_or_above() -> None:
    form = OpenForm(rules_of("arena"), 8, {"size": "4"})
    form.add_refusal(LobbyError("bad_size", "No.", fields={"size": "No seats."}))
    assert "No seats." in form.errors["size"]
    form.add_refusal(LobbyError("no_engine", "No engine."))
    assert form.non_field_errors() == ["No engine."]
