"""docs/protocol.md names every message, every field, every close code and every limit there is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from rooms import consumers, held, limits, link
from rooms.core import rows
from rooms.core.delta import patch
from rooms.core.snapshot import Reading, Snapshot, later
from rooms.protocol import client, codec, server
from rooms.protocol.closing import Close, may_reconnect

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
SENT = get_args(client.FromClient)
TOLD = get_args(server.FromServer)


def kind_of(message: Any) -> str:
    return str(message.__struct_config__.tag)


def sections() -> tuple[str, str]:
    """What clients send, and what the server sends."""
    begin, middle = PAGE.index("## What a client sends"), PAGE.index("## What the server sends")
    return PAGE[begin:middle], PAGE[middle : PAGE.index("## Inputs, exactly once")]


@pytest.mark.parametrize("message", SENT, ids=kind_of)
def test_every_message_of_a_client_is_told_with_its_fields(message: Any) -> None:
    told, _ = sections()
    assert f"`{kind_of(message)}`" in told or f"**{kind_of(message)}**" in told
    for name in message.__struct_fields__:
        assert f"`{name}`" in told, name


@pytest.mark.parametrize("message", TOLD, ids=kind_of)
def test_every_message_of_the_server_is_told_with_its_fields(message: Any) -> None:
    _, told = sections()
    assert f"**{kind_of(message)}**" in told
    for name in message.__struct_fields__:
        assert f"`{name}`" in told, name


@pytest.mark.parametrize("part", [server.You, server.GameInfo, server.Limits])
def test_every_part_of_a_welcome_is_told(part: Any) -> None:
    _, told = sections()
    for name in part.__struct_fields__:
        assert f"`{name}`" in told, name


@pytest.mark.parametrize("code", Close)
def test_every_close_code_is_in_the_table_with_what_to_do(code: Close) -> None:
    answer = "yes" if may_reconnect(code) else "no"
    assert re.search(rf"^\| {int(code)} \| {code.name} \| {answer} \|", PAGE, re.MULTILINE)


def test_no_close_code_is_invented() -> None:
    assert {int(code) for code in re.findall(r"^\| (4\d{3}) \|", PAGE, re.MULTILINE)} == set(Close)


def test_the_subprotocols_are_told() -> None:
    for name in codec.SUBPROTOCOLS:
        assert f"`{name}`" in PAGE


def test_the_limits_are_those_of_the_code() -> None:
    said = PAGE[PAGE.index("## Limits") :]
    assert f"{codec.MAX_MESSAGE} bytes" in said
    assert f"{limits.MESSAGES_PER_S} a second, {limits.MESSAGES_BURST} at once" in said
    assert f"{limits.BYTES_PER_S // 1024} KiB a second, {limits.BYTES_BURST // 1024} KiB at once" in said
    assert f"{limits.RELAYS_PER_S} a second, {limits.RELAYS_BURST} at once, {limits.RELAY_BYTES} bytes" in said
    assert f"after {limits.STRIKES_BURST} of those" in said
    assert f"{link.SLOW_BYTES // 1024} KiB: from there on" in said
    assert f"events up to {held.HELD_EVENTS} and {held.HELD_BYTES // 1024} KiB" in said
    assert f"not read for {link.SLOW_S:g} s" in said
    assert f"no `hello` within {consumers.HELLO_S:g} s" in PAGE


def test_the_view_of_a_room_is_told() -> None:
    from rooms.core import bounds, view
    from rooms.core.room import Live, Room
    from rooms.games import get_rules

    room = Room("r", "i", "tictactoe", 1, {}, "s", 2, False, False, 0, [None, None])  # type: ignore[arg-type]
    tree = view.room_tree(Live(room, get_rules("tictactoe"), bounds.Bounds()))
    _, told = sections()
    for name in tree:
        assert f"`{name}`" in told, name


def test_the_example_of_a_patch_is_true() -> None:
    change, old, new = re.findall(r"Example: `(.*?)` turns `(.*?)` into\n`(.*?)`", PAGE)[0]
    assert patch(json.loads(old), json.loads(change)) == json.loads(new)


def test_the_examples_of_tables_are_true() -> None:
    said = PAGE[PAGE.index("Example: to the table") : PAGE.index("Example: against the whole")]
    found = [json.loads(text) for text in re.findall(r"`(\[.*?\])`", said)]
    table, one, after_one, other, after_other, every, after_every = found
    assert rows.patch_some(table, one) == after_one
    assert rows.patch_some(table, other) == after_other
    assert rows.patch_all(table, every) == after_every


def test_the_example_of_a_delta_is_true() -> None:
    said = PAGE[PAGE.index("Example: against the whole") : PAGE.index("### Patches")]
    base, change, after = (json.loads(text) for text in re.findall(r"`([\[{].*?[\]}])`", said))
    seen = later(msgspec.convert(base, Snapshot), change[0], change[1:], Reading(("turn", "left"), 20))
    assert seen == msgspec.convert(after, Snapshot)


def test_the_messages_of_the_example_are_messages() -> None:
    exchange = PAGE[PAGE.index("## An exchange") :].split("```")[1]
    whole = [line for line in exchange.splitlines() if line[:1] in "<>" and line[-1:] in ("}", "]") and "…" not in line]
    assert len(whole) > 5
    for line in whole:
        parse = codec.parse_client if line[0] == ">" else codec.parse_server
        assert parse(line[2:], 0) is not None


def test_the_codes_of_refusals_here_are_told() -> None:
    for code in ("slow_down", "bad_move", "bad_relay", "not_seated"):
        assert f"`{code}`" in PAGE
