"""From what a client says to what goes into the log: the moves checked against their game, the rest taken over.

browser | bot -> consumer -> [bodies] -> log
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from rooms.core import inputs
from rooms.core.game import Rules
from rooms.core.inputs import Body, Wire
from rooms.protocol import client, codec

_encoder = msgspec.msgpack.Encoder()

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


def body_of(message: Commanding, rules: Rules, wire: Wire) -> Body:
    """The body of the log entry for `message`. Raises codec.Malformed when a move is none of its game."""
    if isinstance(message, client.Move):
        move = codec.parse_part(message.move, rules.move, wire)
        try:
            return inputs.MoveBody(_encoder.encode(move))
        except OverflowError as error:  # JSON has no end to its numbers, and a game's `int` without bounds takes them
            raise codec.Malformed("a number of this move is too large") from error
    return _PLAIN[type(message)](message)
