"""Which road WebSockets take under Daphne: picows, or Daphne's own protocol where picows is missing or not wanted."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from typing import Final, Literal

from django.core.exceptions import ImproperlyConfigured

Road = Literal["picows", "daphne"]

ROADS: Final[tuple[Road, ...]] = ("picows", "daphne")


def has_picows() -> bool:
    """Whether picows is installed; there are machines without a wheel of it."""
    return all(importlib.util.find_spec(name) is not None for name in ("picows", "aiofastnet"))


def choose_road(env: Mapping[str, str], picows: bool) -> Road:
    """What HOLDFAST_WEBSOCKETS asks for; unset: picows, where it is installed. Raises ImproperlyConfigured."""
    word = env.get("HOLDFAST_WEBSOCKETS", "").strip().lower()
    if word and word not in ROADS:
        raise ImproperlyConfigured(f"HOLDFAST_WEBSOCKETS={word!r} is not known. Set it to one of: {', '.join(ROADS)}.")
    if word == "picows" and not picows:
        raise ImproperlyConfigured(
            "HOLDFAST_WEBSOCKETS=picows, but picows is not installed. Install it, or set it to daphne."
        )
    if word:
        return "picows" if word == "picows" else "daphne"
    return "picows" if picows else "daphne"
