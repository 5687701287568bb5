"""Entries survive the log."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from rooms.core.ids import RoomId, SocketId
from rooms.core.inputs import Act, Detach, Entry, dump_entry, dump_pack, parse_entry, parse_pack, split_pack

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


def test_a_pack_gives_its_entries_back_in_order_whatever_their_number() -> None:
    for count in (0, 1, 15, 16, 300):
        entries = [Entry(RoomId("r" * 22), Detach(SocketId(str(n)))) for n in range(count)]
        raws = [dump_entry(entry) for entry in entries]
        pack = dump_pack(raws)
        assert pack == msgspec.msgpack.encode(entries), "a plain msgpack array of them"
        assert parse_pack(pack) == entries
        assert split_pack(pack) == raws


def test_of_a_pack_with_something_unknown_in_it_the_rest_can_be_read() -> None:
    known = dump_entry(Entry(RoomId("r" * 22), Detach(SocketId("s"))))
    pack = dump_pack([known, msgspec.msgpack.encode(["r", ["unheard of", 1], ""]), known])
    with pytest.raises(msgspec.ValidationError):
        parse_pack(pack)
    assert split_pack(pack)[::2] == [known, known]
