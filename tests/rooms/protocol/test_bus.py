"""Parcels survive the way from engine to hub."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.core.ids import RoomId, SocketId
from rooms.protocol.bus import SHARED, WATCH, Broadcast, Delivery, Direct, Parcel, ViewFrame, dump_parcel, parse_parcel

number = st.integers(0, 2**53)
views = st.sampled_from([SHARED, WATCH, 0, 3])
wires = st.sampled_from([0, 1])
seats = st.none() | st.tuples(st.integers(0, 255))
frames = st.builds(ViewFrame, views, wires, st.integers(-1, 9), st.binary(max_size=9))
events = st.builds(Broadcast, number, seats, seats, wires, st.binary(max_size=9))
directs = st.builds(
    Direct,
    st.text(max_size=5).map(SocketId),
    st.binary(max_size=9),
    st.none() | views,
    number,
    number,
    st.text(max_size=5),
)
deliveries = st.builds(
    Delivery,
    st.just(RoomId("R" * 22)),
    number,
    number,
    number,
    st.lists(events, max_size=2),
    st.lists(frames, max_size=2),
    st.lists(directs, max_size=2),
    hz=st.integers(0, 60),
    ahead_ms=st.integers(0, 1000),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(deliveries, max_size=2))
def test_what_is_dumped_is_parsed(parcel: Parcel) -> None:
    assert parse_parcel(dump_parcel(parcel)) == parcel


def test_an_engine_and_a_web_process_of_which_one_is_older_understand_each_other() -> None:
    """While they are replaced one by one."""
    plain = Delivery(RoomId("r"), 1, 2, 3, [], [], [], 4)
    newer = msgspec.to_builtins([plain])
    assert parse_parcel(msgspec.msgpack.encode([newer[0][:8]])) == [plain]
    assert parse_parcel(msgspec.msgpack.encode([[*newer[0], "of a version to come"]])) == [plain]
