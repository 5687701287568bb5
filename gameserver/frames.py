"""A message as the bytes of one unmasked WebSocket frame (RFC 6455, section 5.2), made once for all its readers."""

from __future__ import annotations

from typing import Final

TEXT, BINARY = b"\x81", b"\x82"
"""First byte of a frame: final, not compressed, and its kind."""
SHORT: Final = 126
MEDIUM: Final = 1 << 16


def frame(payload: bytes, text: bool) -> bytes:
    """The frame of `payload`. Asked again for the same object, as a hub does for all viewers of one view, it is
    not made again."""
    last = _Last.made
    if last[0] is payload and last[1] is text:
        return last[2]
    size = len(payload)
    if size < SHORT:
        length = bytes((size,))
    elif size < MEDIUM:
        length = b"\x7e" + size.to_bytes(2, "big")
    else:
        length = b"\x7f" + size.to_bytes(8, "big")
    made = (TEXT if text else BINARY) + length + payload
    _Last.made = (payload, text, made)
    return made


class _Last:
    """The newest frame, and what it was made of. Holding the payload keeps its identity from being used again."""

    made: tuple[bytes, bool, bytes] = (b"", True, TEXT + b"\x00")
