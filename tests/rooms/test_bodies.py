"""Every message that carries a seq becomes the entry that the room expects; moves are held to their game."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from rooms.bodies import UNREADABLE, Commanding, body_of, decode_of
from rooms.core import inputs
from rooms.core.inputs import JSON, MSGPACK
from rooms.games import get_rules
from rooms.protocol import client, codec

RULES = get_rules("tictactoe")
CASES = {
    '{"t":"chat","seq":1,"text":"hi"}': inputs.ChatBody("hi"),
    '{"t":"ready","seq":1,"ready":false}': inputs.ReadyBody(False),
    '{"t":"start","seq":1}': inputs.StartBody(),
    '{"t":"rematch","seq":1}': inputs.RematchBody(),
    '{"t":"sit","seq":1,"seat":2}': inputs.SitBody(2),
    '{"t":"stand","seq":1}': inputs.StandBody(),
    '{"t":"leave","seq":1}': inputs.LeaveBody(),
    '{"t":"kick","seq":1,"seat":3}': inputs.KickBody(3),
    '{"t":"host","seq":1,"seat":4}': inputs.HostBody(4),
    '{"t":"bot","seq":1,"strength":"easy"}': inputs.BotBody("easy", None),
}


@pytest.mark.parametrize("raw", CASES)
def test_a_command_becomes_its_body(raw: str) -> None:
    message = codec.parse_client(raw, JSON)
    assert isinstance(message, Commanding)
    assert body_of(message, RULES, JSON) == CASES[raw]


def test_every_message_with_a_seq_has_a_body() -> None:
    with_seq = {kind for kind in get_args(client.FromClient) if "seq" in kind.__struct_fields__}
    assert with_seq == set(get_args(Commanding))
    assert {type(codec.parse_client(raw, JSON)) for raw in CASES} | {client.Move} == with_seq


@pytest.mark.parametrize("wire", [JSON, MSGPACK])
def test_a_move_is_checked_and_packed(wire: inputs.Wire) -> None:
    raw = codec.dump({"t": "move", "seq": 7, "move": {"cell": 4}}, wire)
    message = codec.parse_client(raw, wire)
    assert isinstance(message, client.Move)
    body = body_of(message, RULES, wire)
    assert isinstance(body, inputs.MoveBody)
    assert msgspec.msgpack.decode(body.move, type=RULES.move) == RULES.move(cell=4)


@pytest.mark.parametrize("move", ["{}", '{"cell":9}', '{"cell":"a"}', "null", "[]", '{"cell":1.5}', '{"cell":true}'])
def test_what_is_no_move_of_the_game_is_refused_with_a_reason(move: str) -> None:
    message = codec.parse_client(f'{{"t":"move","seq":1,"move":{move}}}', JSON)
    assert isinstance(message, client.Move)
    with pytest.raises(codec.Malformed) as refused:
        body_of(message, RULES, JSON)
    assert str(refused.value)


@pytest.mark.parametrize("wire", [JSON, MSGPACK])
def test_the_decoder_of_a_game_reads_a_move_and_everything_else_at_once(wire: inputs.Wire) -> None:
    decode = decode_of(RULES, wire)
    for raw in CASES:
        plain = msgspec.json.decode(raw)
        assert decode(codec.dump(plain, wire)) == codec.parse_client(raw, JSON)
    message = decode(codec.dump({"t": "move", "seq": 7, "move": {"cell": 4}}, wire))
    assert isinstance(message, client.Move)
    assert isinstance(message.move, RULES.move)
    assert body_of(message, RULES, wire) == inputs.MoveBody(codec.dump({"cell": 4}, MSGPACK))
    assert decode_of(RULES, wire) is decode, "made once"


def test_the_decoder_of_a_game_takes_no_move_of_another() -> None:
    decode = decode_of(RULES, JSON)
    for move in ('{"cell":9}', '{"cell":4,"more":1}', "{}"):
        with pytest.raises(UNREADABLE):
            decode(f'{{"t":"move","seq":1,"move":{move}}}')
    with pytest.raises(UNREADABLE):
        decode('{"t":"move","seq":1,"move":{"cell":4},"more":1}')
