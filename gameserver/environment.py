"""Typed reading of environment variables: a wrong value stops the start with a sentence, never a guess."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Tunable:
    """One number an operator may change: its name (without HOLDFAST_), default, bounds and meaning."""

    name: str
    default: int
    least: int
    most: int
    meaning: str


def read_text(name: str, default: str = "", env: Mapping[str, str] = os.environ) -> str:
    """The variable with blanks around it removed, or the default where it is unset or empty."""
    return env.get(name, "").strip() or default


def read_flag(name: str, env: Mapping[str, str] = os.environ) -> bool:
    """A switch: 1/true/yes/on or 0/false/no/off; unset is off."""
    word = env.get(name, "").strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ImproperlyConfigured(f"{name}={word!r} is neither on nor off. Set it to 1 or 0, or unset it.")


def read_list(name: str, env: Mapping[str, str] = os.environ) -> list[str]:
    """A list parted by commas; blanks and empty parts fall away."""
    return [part.strip() for part in env.get(name, "").split(",") if part.strip()]


def read_choice(name: str, choices: tuple[str, ...], env: Mapping[str, str] = os.environ) -> str:
    """One word out of a few; the first is the default."""
    word = read_text(name, choices[0], env).lower()
    if word not in choices:
        raise ImproperlyConfigured(f"{name}={word!r} is not known. Set it to one of: {', '.join(choices)}.")
    return word


def read_number(tunable: Tunable, env: Mapping[str, str] = os.environ) -> int:
    """The value of HOLDFAST_<name>, held to its bounds."""
    name = f"HOLDFAST_{tunable.name}"
    text = read_text(name, str(tunable.default), env)
    try:
        number = int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={text!r} is not a whole number ({tunable.meaning}).") from None
    if not tunable.least <= number <= tunable.most:
        raise ImproperlyConfigured(
            f"{name}={number} is out of bounds: {tunable.least} to {tunable.most} ({tunable.meaning})."
        )
    return number
