"""Bytes to typed messages and back, for both subprotocols.

JSON is refused beyond what msgspec itself refuses: it takes neither NaN nor Infinity nor duplicate nesting without
end (its depth limit raises RecursionError, which is answered like any other malformed message).
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

import msgspec

from rooms.core.inputs import JSON, MSGPACK, Wire
from rooms.protocol import client, server

SUBPROTOCOLS: Final[dict[str, Wire]] = {"holdfast.v1.json": JSON, "holdfast.v1.msgpack": MSGPACK}
"""The WebSocket subprotocols, in the order the server prefers none: the client's own order decides."""
MAX_MESSAGE: Final = 4096
"""Bytes of one message from a client. The largest legal move of the shipped games has under 300."""

T = TypeVar("T")

# The annotations spell out what type checkers cannot infer from a union given as a value.
_json_decoder: msgspec.json.Decoder[client.FromClient] = msgspec.json.Decoder(client.FromClient)
_msgpack_decoder: msgspec.msgpack.Decoder[client.FromClient] = msgspec.msgpack.Decoder(client.FromClient)
_json_server: msgspec.json.Decoder[server.FromServer] = msgspec.json.Decoder(server.FromServer)
_msgpack_server: msgspec.msgpack.Decoder[server.FromServer] = msgspec.msgpack.Decoder(server.FromServer)
_json_encoder = msgspec.json.Encoder()
_msgpack_encoder = msgspec.msgpack.Encoder()

_ARRAYS: Final = {bytes([first]) for first in (*range(0x90, 0xA0), 0xDC, 0xDD)}
"""How an array begins in msgpack."""
_HEADS: Final = [bytes([0x90 + count]) for count in range(16)]
_AGES: Final = [bytes([age]) for age in range(128)]


class Malformed(ValueError):
    """Bytes that are no message of this protocol; its text says why and may be shown to the sender."""


def parse_client(raw: bytes | str, wire: Wire) -> client.FromClient:
    """What a client sent. Raises Malformed."""
    if len(raw) > MAX_MESSAGE:
        raise Malformed(f"a message may have {MAX_MESSAGE} bytes")
    try:
        if wire == JSON:
            return _json_decoder.decode(raw)
        if isinstance(raw, str):
            raise Malformed("the msgpack subprotocol takes binary messages")
        return _msgpack_decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Malformed(str(error)) from error


def parse_server(raw: bytes | str, wire: Wire) -> server.FromServer:
    """What a server sent. Raises Malformed."""
    raw = raw if isinstance(raw, bytes) else raw.encode()
    try:
        if wire == JSON:
            return _delta(msgspec.json.decode(raw)) if raw[:1] == b"[" else _json_server.decode(raw)
        return _delta(msgspec.msgpack.decode(raw)) if raw[:1] in _ARRAYS else _msgpack_server.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Malformed(str(error)) from error


def _delta(said: Any) -> server.Delta:
    age, *changes = said or [None]
    if type(age) is not int or age < 0 or len(changes) % 2:
        raise Malformed("a delta is an age and pairs of what has changed and how")
    return server.Delta(age, changes)


def parse_part(raw: msgspec.Raw, shape: type[T], wire: Wire) -> T:
    """A nested payload (a move, a relayed body) of a message in `wire`. Raises Malformed."""
    decode = msgspec.json.decode if wire == JSON else msgspec.msgpack.decode
    try:
        return decode(bytes(raw), type=shape)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Malformed(str(error)) from error


def dump(message: Any, wire: Wire) -> bytes:
    """The bytes of a message of either side."""
    if type(message) is server.Delta:
        message = [message.age, *message.changes]
    return _json_encoder.encode(message) if wire == JSON else _msgpack_encoder.encode(message)


def join_delta(age: int, body: bytes, count: int, wire: Wire) -> bytes:
    """A delta out of the `count` items of its changes, which are encoded in `body` without an array around them."""
    if wire == JSON:
        return b"[%d,%b]" % (age, body) if body else b"[%d]" % age
    head = _HEADS[count + 1] if count < 15 else b"\xdc" + (count + 1).to_bytes(2, "big")
    return head + (_AGES[age] if age < 128 else _msgpack_encoder.encode(age)) + body


def join_bodies(bodies: list[bytes], wire: Wire) -> bytes:
    """The items of several deltas' changes, one behind the other."""
    return b",".join(filter(None, bodies)) if wire == JSON else b"".join(bodies)
