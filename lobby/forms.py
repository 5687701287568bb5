"""The lobby's forms. Each reads what a person typed into types, or says at the field what is wrong."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms

from lobby.errors import LobbyError
from lobby.names import LONGEST_NAME, BadName, tidy_name
from lobby.optionfields import option_fields
from lobby.services import read_options
from lobby.tokens import GUEST_SCOPES, SCOPE_WORDS
from rooms.core.game import Rules

_ROOM_IN_TEXT: Final = re.compile(r"(?:\A|/rooms/)([A-Za-z0-9_-]{22})/?(?:[?#].*)?\Z")


class NameForm(forms.Form):
    """How a guest is called."""

    name = forms.CharField(
        label="Your name",
        max_length=200,  # the real limit is in tidy_name, which counts after tidying and says how many there were
        widget=forms.TextInput(attrs={"autocomplete": "nickname", "maxlength": LONGEST_NAME, "spellcheck": "false"}),
        error_messages={"required": "Write a name of at least one letter."},
    )

    def clean_name(self) -> str:
        """The name, tidy."""
        try:
            return tidy_name(self.cleaned_data["name"])
        except BadName as error:
            raise forms.ValidationError(str(error)) from error


class JoinForm(forms.Form):
    """A room's link or id, as somebody pasted it."""

    room = forms.CharField(
        label="Link or room id",
        max_length=500,
        error_messages={
            "required": "Paste the link somebody sent you, or the room's id.",
            "max_length": "That is too long for a link to a room.",
        },
    )

    def clean_room(self) -> str:
        """The room's id."""
        found = _ROOM_IN_TEXT.search(self.cleaned_data["room"].strip())
        if found is None:
            raise forms.ValidationError("That is no link to a room. It ends in /rooms/ and 22 letters, digits, - or _.")
        return found[1]


class TokenForm(forms.Form):
    """A new bearer token."""

    name = forms.CharField(
        label="Name",
        max_length=LONGEST_NAME,
        help_text="Your program plays under this name.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Give it a name, so that you know it again."},
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=[(scope, words) for scope, words in SCOPE_WORDS.items() if scope in GUEST_SCOPES],
        initial=["read", "play"],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one thing that it may do."},
    )


class OperatorForm(forms.Form):
    """An operator's bearer token, to be kept by the session."""

    token = forms.CharField(
        label="Token of an operator",
        max_length=200,
        help_text="Made on the server with manage.py token NAME --scopes operate",
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "spellcheck": "false"}),
        error_messages={"required": "Paste the token.", "max_length": "That is too long for a token."},
    )


class OpenForm(forms.Form):
    """Open a room of one game: its seats, its options as the game's own type declares them, and who may see it."""

    def __init__(self, rules: Rules, usual: int, *args: Any, **kwargs: Any) -> None:
        """`usual` is the number of seats suggested."""
        super().__init__(*args, **kwargs)
        self.rules = rules
        self._options = option_fields(rules.options)
        if rules.seats.min < rules.seats.max:
            self.fields["size"] = _seats_field(rules, usual)
        self.fields.update({f"option_{name}": field for name, field in self._options.items()})
        self.fields["private"] = forms.BooleanField(
            label="Private",
            required=False,
            help_text="Not in the list: only people with the link come in.",
        )

    @property
    def options(self) -> dict[str, Any]:
        """The options that were chosen, by the game's own names."""
        return {name: self.cleaned_data[f"option_{name}"] for name in self._options}

    def clean(self) -> dict[str, Any]:
        """Let the game's own type judge the whole: it may know rules between two fields."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                read_options(self.rules, self.options)
            except LobbyError as error:
                raise forms.ValidationError(error.message) from error
        return cleaned

    def add_refusal(self, refusal: LobbyError) -> None:
        """Show what a service refused, at the field it names or above the form."""
        named = {name: text for name, text in refusal.fields.items() if name in self.fields}
        for name, text in named.items():
            self.add_error(name, text)
        if not named:
            self.add_error(None, refusal.message)


def _seats_field(rules: Rules, usual: int) -> forms.Field:
    least, most = rules.seats.min, rules.seats.max
    wrong = f"Choose from {least} to {most} seats."
    return forms.IntegerField(
        label="Seats",
        min_value=least,
        max_value=most,
        initial=usual,
        help_text=f"{least} to {most}. Free seats can be given to bots." if rules.strengths else f"{least} to {most}.",
        error_messages={"min_value": wrong, "max_value": wrong, "invalid": wrong, "required": wrong},
    )
