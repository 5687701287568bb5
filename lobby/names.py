"""What a player may be called, and what one is called who has not chosen yet. Pure but for `generated_name`."""

from __future__ import annotations

import secrets
import unicodedata
from typing import Final

LONGEST_NAME: Final = 24
"""Letters; every list of players has room for so many."""

_MANNERS: Final = (
    *("Bold", "Brisk", "Calm", "Clever", "Cosy", "Daring", "Eager", "Gentle", "Jolly", "Keen", "Lively", "Lucky"),
    *("Merry", "Mighty", "Nimble", "Plucky", "Quick", "Quiet", "Sly", "Steady", "Sunny", "Swift", "Wily", "Witty"),
)
_CREATURES: Final = (
    *("Auk", "Barnacle", "Cod", "Cormorant", "Crab", "Dolphin", "Eider", "Gannet", "Heron", "Kelpie", "Limpet"),
    *("Lobster", "Marlin", "Mussel", "Narwhal", "Orca", "Otter", "Oyster", "Pilchard", "Puffin", "Ray", "Seal"),
    *("Skua", "Squid", "Tern", "Urchin", "Walrus", "Whelk"),
)


class BadName(ValueError):
    """A name that cannot be used; its text says why and may be shown."""


def generated_name() -> str:
    """A friendly name for somebody who has not picked one: "Merry Puffin"."""
    return f"{secrets.choice(_MANNERS)} {secrets.choice(_CREATURES)}"


def tidy_name(text: str) -> str:
    """The name in `text`: blanks collapsed, canonical form. Raises BadName.

    Control, format (direction marks, zero width) and unassigned letters are refused, because with them a name can
    look like another or break a line of text. Shown names are escaped like all text; `<` is a letter like any other.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise BadName("Write a name of at least one letter.")
    if len(name) > LONGEST_NAME:
        raise BadName(f"A name may have {LONGEST_NAME} letters; this one has {len(name)}.")
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cn", "Co", "Cs") for letter in name):
        raise BadName("That name holds a letter that cannot be seen. Type it anew.")
    if not any(letter.isalnum() for letter in name):
        raise BadName("Use at least one letter or digit.")
    return name
