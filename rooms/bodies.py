"""From what a client says to what goes into the log: the moves checked against their game, the rest taken over.

browser | bot -> consumer -> [bodies] -> log

A message is read once, by a decoder of its room's game that knows what a move there looks like: half the time of
reading the envelope first and the move in it afterwards. Only what it refuses is read again, to say what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cache, reduce
from operator import or_
from typing import Any, Protocol, cast, get_args

import msgspec

from rooms.core import inputs
from rooms.core.game import Rules
from rooms.core.inputs import JSON, Body, Wire
from rooms.protocol import client, codec

UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeError)
"""What a decoder raises at a message that it does not take."""

_pack = msgspec.msgpack.Encoder().encode

_PLAIN: dict[type[Any], Callable[[Any], Body]] = {
    client.Chat: lambda message: inputs.ChatBody(message.text),
    client.Ready: lambda message: inputs.ReadyBody(message.ready),
    client.Start: lambda message: inputs.StartBody(),
    client.Rematch: lambda message: inputs.RematchBody(),
    client.Sit: lambda message: inputs.SitBody(message.seat),
    client.Stand: lambda message: inputs.StandBody(),
    client.Leave: lambda message: inputs.LeaveBody(),
    client.Kick: lambda message: inputs.KickBody(message.seat),
    client.Host: lambda message: inputs.HostBody(message.seat),
    client.Bot: lambda message: inputs.BotBody(message.strength, message.seat),
}

Commanding = (
    client.Move
    | client.Chat
    | client.Ready
    | client.Start
    | client.Rematch
    | client.Sit
    | client.Stand
    | client.Leave
    | client.Kick
    | client.Host
    | client.Bot
)
"""The messages that carry a seq and change the room."""


class Decode(Protocol):
    """Reads one message of a client. Raises UNREADABLE."""

    def __call__(self, raw: bytes | str, /) -> client.FromClient: ...


def decode_of(rules: Rules, wire: Wire) -> Decode:
    """What reads the messages for a room with these rules; its moves hold an instance of the game's, not raw bytes."""
    return _decode_of(cast(Hashable, rules.move), wire)


@cache  # one for each game, version and wire format
def _decode_of(move: Any, wire: Wire) -> Decode:
    typed = msgspec.defstruct(
        "Move", [("move", move)], bases=(client.Move,), frozen=True, forbid_unknown_fields=True, tag="move"
    )
    kinds = reduce(or_, (typed if kind is client.Move else kind for kind in get_args(client.FromClient)))
    decoder: Any = msgspec.json.Decoder(kinds) if wire == JSON else msgspec.msgpack.Decoder(kinds)
    return cast(Decode, decoder.decode)


def body_of(message: Commanding, rules: Rules, wire: Wire) -> Body:
    """The body of the log entry for `message`. Raises codec.Malformed when a move is none of its game."""
    if not isinstance(message, client.Move):
        return _PLAIN[type(message)](message)
    move: Any = message.move
    if type(move) is msgspec.Raw:
        move = codec.parse_part(move, rules.move, wire)
    try:
        return inputs.MoveBody(_pack(move))
    except OverflowError as error:  # JSON has no end to its numbers, and a game's `int` without bounds takes them
        raise codec.Malformed("a number of this move is too large") from error
