from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from django import forms
from msgspec import Meta, Struct

from lobby.optionfields import option_fields


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Options(Struct):
    rounds: Annotated[int, Meta(ge=1, le=9, title="Rounds", description="How often.")] = 3
    above: Annotated[int, Meta(gt=0, lt=5)] = 2
    step: Annotated[int, Meta(multiple_of=5)] = 10
    pace: Annotated[float, Meta(ge=0.5, le=2)] = 1.0
    walls: Annotated[bool, Meta(title="Walls")] = True
    size: Literal[8, 10] = 10
    first: Literal["random", "host_first"] = "random"
    colour: Colour = Colour.BLUE
    motto: Annotated[str, Meta(max_length=10)] = "go"
    extra: list[int] = []


FIELDS = option_fields(Options)


def test_what_cannot_be_a_control_is_left_out() -> None:
    assert list(FIELDS) == ["rounds", "above", "step", "pace", "walls", "size", "first", "colour", "motto"]


def test_labels_hints_and_defaults_come_from_the_type() -> None:
    rounds = FIELDS["rounds"]
    assert (rounds.label, rounds.help_text, rounds.initial) == ("Rounds", "How often. 1 to 9.", 3)
    assert FIELDS["first"].label == "First"
    assert FIELDS["colour"].initial == "blue"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("rounds", forms.IntegerField),
        ("pace", forms.FloatField),
        ("walls", forms.BooleanField),
        ("size", forms.TypedChoiceField),
        ("colour", forms.TypedChoiceField),
        ("motto", forms.CharField),
    ],
)
def test_kinds(name: str, kind: type[forms.Field]) -> None:
    assert type(FIELDS[name]) is kind


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("rounds", "9", 9),
        ("above", "4", 4),
        ("size", "8", 8),
        ("first", "host_first", "host_first"),
        ("walls", "", False),
    ],
)
def test_what_is_typed_becomes_the_type(name: str, typed: str, value: Any) -> None:
    assert FIELDS[name].clean(typed) == value


@pytest.mark.parametrize(
    ("name", "typed", "why"),
    [
        ("rounds", "10", "a whole number from 1 to 9"),
        ("rounds", "x", "a whole number from 1 to 9"),
        ("rounds", "", "a whole number from 1 to 9"),
        ("above", "5", "from 1 to 4"),
        ("step", "7", "multiple of step size 5"),
        ("pace", "3", "a number from 0.5 to 2"),
        ("size", "9", "Choose one of the list"),
        ("motto", "x" * 11, "at most 10"),
    ],
)
def test_what_does_not_fit_is_said(name: str, typed: str, why: str) -> None:
    with pytest.raises(forms.ValidationError, match=why):
        FIELDS[name].clean(typed)


def test_choices_read_like_words() -> None:
    field = FIELDS["first"]
    assert ">Host first</option>" in field.widget.render("first", "random")
