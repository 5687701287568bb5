from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lobby.names import LONGEST_NAME, BadName, generated_name, tidy_name


def test_generated_names_are_names() -> None:
    names = {generated_name() for _ in range(200)}
    assert len(names) > 50
    assert all(tidy_name(name) == name for name in names)


@pytest.mark.parametrize(
    ("typed", "name"), [("  Ada \t Lovelace ", "Ada Lovelace"), ("Zoe\u0308", "Zoë"), ("<b>", "<b>"), ("猫", "猫")]
)
def test_names_are_tidied(typed: str, name: str) -> None:
    assert tidy_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "at least one letter"),
        ("   ", "at least one letter"),
        ("x" * 25, "this one has 25"),
        ("a\u202eb", "cannot be seen"),
        ("a\u200bb", "cannot be seen"),
        ("a\x00b", "cannot be seen"),
        ("...", "letter or digit"),
    ],
)
def test_unusable_names_are_refused_with_the_reason(typed: str, why: str) -> None:
    with pytest.raises(BadName, match=why):
        tidy_name(typed)


@given(st.text(max_size=60))
def test_a_tidy_name_stays_as_it_is(text: str) -> None:
    try:
        name = tidy_name(text)
    except BadName:
        return
    assert tidy_name(name) == name
    assert 0 < len(name) <= LONGEST_NAME
