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
    try:
        if wire == JSON:
            return _json_server.decode(raw)
        return _msgpack_server.decode(raw if isinstance(raw, bytes) else raw.encode())
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Malformed(str(error)) from error


def parse_part(raw: msgspec.Raw, shape: type[T], wire: Wire) -> T:
    """A nested payload (a move, a relayed body) of a message in `wire`. Raises Malformed."""
    decode = msgspec.json.decode if wire == JSON else msgspec.msgpack.decode
    try:
        return decode(bytes(raw), type=shape)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Malformed(str(error)) from error


def dump(message: Any, wire: Wire) -> bytes:
    """The bytes of a message of either side."""
    return _json_encoder.encode(message) if wire == JSON else _msgpack_encoder.encode(message)
