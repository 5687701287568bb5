"""The lobby's way to live rooms: the one store of this event loop, and what its bytes mean."""

from __future__ import annotations

import msgspec
from django.conf import settings

from rooms.core.facts import Card, MatchOver, Reply
from rooms.store import Store

_card = msgspec.msgpack.Decoder(Card)
_reply = msgspec.msgpack.Decoder(Reply)
_match = msgspec.msgpack.Decoder(MatchOver)


def live_store() -> Store:
    """The store of the running event loop; cheap to ask for."""
    return Store.of_loop(settings.ROOMS_URL, settings.HOLDFAST["SHARDS"])


def read_card(raw: bytes) -> Card:
    """A room's card as the engine wrote it. Raises msgspec.DecodeError."""
    return _card.decode(raw)


def read_reply(raw: bytes) -> Reply:
    """The engine's answer to a waiting caller. Raises msgspec.DecodeError."""
    return _reply.decode(raw)


def read_match(raw: bytes) -> MatchOver:
    """A finished match from the outbox. Raises msgspec.DecodeError."""
    return _match.decode(raw)
