"""Bytes from outside: taken, or refused in words, and nothing else."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.core.inputs import JSON, MSGPACK, Wire
from rooms.protocol import client, server
from rooms.protocol.codec import MAX_MESSAGE, Malformed, dump, parse_client, parse_part, parse_server

WIRES: list[Wire] = [JSON, MSGPACK]
MESSAGES = [
    client.Hello("play", "inc", 5),
    client.Chat(1, "hi"),
    client.Ready(2, False),
    client.Start(3),
    client.Rematch(4),
    client.Sit(5, 1),
    client.Stand(6),
    client.Leave(7),
    client.Kick(8, 1),
    client.Host(9, 0),
    client.Bot(10, "hard"),
    client.Resync(7),
    client.Ping(1, 5.5),
]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_both_wires_carry_the_same(message: Any, wire: Wire) -> None:
    assert parse_client(dump(message, wire), wire) == message


@pytest.mark.parametrize("wire", WIRES)
def test_a_move_is_decoded_by_its_own_shape(wire: Wire) -> None:
    class Shape(msgspec.Struct):
        cell: int

    said = parse_client(dump({"t": "move", "seq": 3, "move": {"cell": 4}}, wire), wire)
    assert isinstance(said, client.Move)
    assert parse_part(said.move, Shape, wire) == Shape(4)
    wrong = parse_client(dump({"t": "move", "seq": 3, "move": {"cell": "x"}}, wire), wire)
    assert isinstance(wrong, client.Move)
    with pytest.raises(Malformed, match="int"):
        parse_part(wrong.move, Shape, wire)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"t":"nonsense"}',
        '{"t":"ping","n":1,"extra":2}',
        '{"t":"chat","seq":0,"text":"x"}',
        '{"t":"chat","seq":1.5,"text":"x"}',
        '{"t":"chat","seq":true,"text":"x"}',
        '{"t":"chat","seq":9007199254740992,"text":"x"}',
        '{"t":"chat","seq":1,"text":""}',
        '{"t":"ping","n":1,"time":NaN}',
        '{"t":"ping","n":1,"time":1e999}',
        '{"t":"kick","seq":1,"seat":256}',
        '{"t":"hello","want":"everything"}',
        '{"t":"move","seq":1}',
        '{"t":"move","seq":1,"move":' + "[" * 1900,
        '{"t":"chat","seq":1,"text":"' + "x" * MAX_MESSAGE + '"}',
        b"\xff\xfe",
    ],
)
def test_nonsense_is_refused_in_words(raw: Any) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_client(raw, JSON)
    assert str(refusal.value)


@pytest.mark.parametrize("time", [float("nan"), float("inf"), -float("inf"), 1e300])
def test_a_ping_has_a_time_that_is_a_number(time: float) -> None:
    with pytest.raises(Malformed):
        parse_client(dump({"t": "ping", "n": 1, "time": time}, MSGPACK), MSGPACK)


def test_text_on_the_binary_wire_is_refused() -> None:
    with pytest.raises(Malformed, match="binary"):
        parse_client('{"t":"ping","n":1}', MSGPACK)


@given(st.binary(max_size=200), st.sampled_from(WIRES))
def test_any_bytes_are_taken_or_refused(raw: bytes, wire: Wire) -> None:
    for parse in (parse_client, parse_server):
        try:
            parse(raw, wire)
        except Malformed:
            continue


@pytest.mark.parametrize(("raw", "wire"), [(b"[]", JSON), (b"\x90", MSGPACK)])
def test_a_delta_of_nothing_is_malformed(raw: bytes, wire: Wire) -> None:
    with pytest.raises(Malformed, match="an age"):
        parse_server(raw, wire)


def test_every_message_has_a_kind_of_its_own() -> None:
    for union in (client.FromClient, server.FromServer):
        kinds = [message.__struct_config__.tag for message in get_args(union)]
        assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("wire", WIRES)
def test_what_a_server_says_can_be_read(wire: Wire) -> None:
    for message in (server.Frame(7, 350, (1, 0), {"room": {}}), server.Delta(3, [0, [1], 4, 7]), server.Delta(300)):
        assert parse_server(dump(message, wire), wire) == message
