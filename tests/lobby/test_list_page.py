"""docs/protocol.md tells every message of the lobby's socket, each field and each limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lobby import consumers, watching
from lobby.consumers import Find, More, Watch
from lobby.filters import LONGEST_LIST
from lobby.rows import row_of
from rooms.protocol.closing import Close
from tests.lobby.world import card

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text().partition("## The lobby's list")[2]


@pytest.mark.parametrize("wish", [Watch, More, Find])
def test_every_wish_is_told_with_its_fields(wish: Any) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{wish.__struct_config__.tag}` | ")][:1]
    for name in wish.__struct_fields__:
        assert f"`{name}`" in row


def test_every_field_of_a_row_is_told() -> None:
    for name in row_of(card()):
        assert f"`{name}`" in PAGE, name


def test_the_limits_are_those_of_the_code() -> None:
    assert f"at most {LONGEST_LIST}" in PAGE
    assert f"{consumers.WISHES_PER_S} messages a second, {consumers.WISHES_BURST} at once" in PAGE
    assert f"of {consumers.MOST_BYTES} bytes" in PAGE
    assert f"after {watching.LONGEST_LAG_S:g} s" in PAGE
    assert watching.EVERY_S == 0.25  # "four times a second"
    for code in (Close.TOO_SLOW, Close.SLOW_DOWN, Close.BAD_MESSAGE):
        assert str(int(code)) in PAGE
