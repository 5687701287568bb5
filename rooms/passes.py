"""A pass lets one built-in bot into one room: signed with the server's key, good for an hour, stored nowhere.

runbots -> sign_bot_pass -> Authorization: Bearer ... -> lobby.identity.TokenIdentity -> read_bot_pass
"""

from __future__ import annotations

from typing import Final

from django.core import signing

from rooms.core.ids import PlayerId, RoomId
from rooms.core.inputs import Player

PREFIX: Final = "hfbot-"
"""Tells a pass from an API token at a glance."""
SALT: Final = "holdfast.bot-pass"
MAX_AGE_S: Final = 3600
"""A bot signs a fresh pass for each connection, so this only has to outlast one handshake."""


def sign_bot_pass(player: Player, room: RoomId) -> str:
    """The pass of `player` into `room`. Raises ValueError unless the player is a built-in bot."""
    if player.kind != "bot":
        raise ValueError(f"{player.id} is no built-in bot but {player.kind!r}: it needs a token of its own")
    return PREFIX + signing.dumps([room, player.id, player.name], salt=SALT)


def read_bot_pass(token: str, room: RoomId) -> Player | None:
    """The bot that `token` lets into `room`; None when it is no pass, forged, too old or for another room."""
    if not token.startswith(PREFIX):
        return None
    try:
        held = signing.loads(token.removeprefix(PREFIX), salt=SALT, max_age=MAX_AGE_S)
    except signing.BadSignature:
        return None
    match held:
        case [str(of), str(player), str(name)] if of == room:
            return Player(PlayerId(player), name, "bot")
    return None
