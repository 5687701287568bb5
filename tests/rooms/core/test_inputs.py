"""Entries survive the log."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from rooms.core.ids import RoomId, SocketId
from rooms.core.inputs import Act, Entry, dump_entry, parse_entry

acts = st.one_of([st.from_type(act) for act in get_args(Act) if act.__name__ != "Open"])


@given(st.builds(Entry, st.text().map(RoomId), acts, st.text()))
def test_what_is_dumped_is_parsed(entry: Entry) -> None:
    assert parse_entry(dump_small(entry)) == entry


def dump_small(entry: Entry) -> bytes:
    """Its bytes; numbers beyond 64 bits, which nothing in a room can have, are passed over."""
    try:
        return dump_entry(entry)
    except OverflowError:
        reject()


@given(st.binary(max_size=60))
def test_other_bytes_are_refused_and_nothing_else(raw: bytes) -> None:
    try:
        parse_entry(raw)
    except (msgspec.DecodeError, UnicodeError, OverflowError):
        return


def test_every_act_has_a_tag_of_its_own() -> None:
    tags = [act.__struct_config__.tag for act in get_args(Act)]
    assert len(set(tags)) == len(tags)
    with pytest.raises(msgspec.ValidationError):
        parse_entry(msgspec.msgpack.encode(["room", ["nonsense", SocketId("s")], ""]))
