"""The colours of static/css/tokens.css keep their promises in both themes."""

from __future__ import annotations

import math
import re
from functools import cache
from itertools import combinations

import pytest
from django.conf import settings

TEXTS = ("text", "text-2", "accent", "good", "warn", "bad")
GROUNDS = ("bg", "surface", "surface-2")
SEATS = [f"seat-{number}" for number in range(8)]
EYES = {  # how people see linear RGB (Machado and others, 2009)
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}


@cache
def colours() -> dict[str, dict[str, str]]:
    """The colours of each theme by name; "dark by the system" and "dark by choice" stand apart in the file."""
    text = (settings.BASE_DIR / "static/css/tokens.css").read_text()
    blocks = re.findall(r":root([^{]*)\{([^{}]*)\}", text)
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", body)) for _, body in blocks]
    light, by_system, by_choice = [block for block in found if "bg" in block]
    return {"light": light, "dark by the system": by_system, "dark by choice": by_choice}


def linear(colour: str) -> tuple[float, ...]:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def contrast(one: str, other: str) -> float:
    """After WCAG 2."""
    low, high = sorted(
        sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear(c), strict=True)) for c in (one, other)
    )
    return (high + 0.05) / (low + 0.05)


def seen(colour: str, eye: str) -> tuple[float, float, float]:
    """CIE L*a*b* of a colour as an eye sees it."""
    r, g, b = (min(1, max(0, sum(w * p for w, p in zip(row, linear(colour), strict=True)))) for row in EYES[eye])
    x, y, z = (
        0.4124 * r + 0.3576 * g + 0.1805 * b,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        0.0193 * r + 0.1192 * g + 0.9505 * b,
    )
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x / 0.95047, y, z / 1.08883))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def test_both_ways_to_the_dark_theme_give_the_same() -> None:
    assert colours()["dark by the system"] == colours()["dark by choice"]
    assert colours()["light"].keys() == colours()["dark by choice"].keys()


@pytest.mark.parametrize("theme", ["light", "dark by choice"])
def test_texts_can_be_read(theme: str) -> None:
    tones = colours()[theme]
    for text in TEXTS:
        for ground in GROUNDS:
            assert contrast(tones[text], tones[ground]) >= 4.5, (text, ground)
    assert contrast(tones["accent-text"], tones["accent"]) >= 4.5
    assert contrast(tones["accent-text"], tones["accent-strong"]) >= 4.5
    assert contrast(tones["text"], tones["accent-soft"]) >= 4.5
    assert contrast(tones["bad"], tones["bad-soft"]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark by choice"])
def test_marks_edges_and_seats_can_be_seen(theme: str) -> None:
    tones = colours()[theme]
    for mark in ("line-strong", "spark", "focus", *SEATS):
        for ground in ("surface", "surface-2"):
            assert contrast(tones[mark], tones[ground]) >= 3, (mark, ground)


@pytest.mark.parametrize("theme", ["light", "dark by choice"])
@pytest.mark.parametrize("eye", EYES)
def test_seats_are_told_apart_by_every_eye(theme: str, eye: str) -> None:
    tones = colours()[theme]
    for one, other in combinations(SEATS, 2):
        assert math.dist(seen(tones[one], eye), seen(tones[other], eye)) > 12, (one, other)
