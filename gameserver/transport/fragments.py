"""A message that comes in several frames (RFC 6455, section 5.4). Pure."""

from __future__ import annotations

from gameserver.transport.closing import BAD_TEXT, PROTOCOL_ERROR, TOO_BIG, Broken


class Fragments:
    """The parts of one message so far, if one is under way. All of them together are held to the limit of one frame."""

    __slots__ = ("_limit", "_parts", "_text")

    def __init__(self, limit: int) -> None:
        """`limit`: bytes of a whole message."""
        self._limit = limit
        self._parts: bytearray | None = None
        self._text = False

    @property
    def under_way(self) -> bool:
        """A message has begun and is not whole."""
        return self._parts is not None

    def begin(self, part: bytes, text: bool) -> None:
        """The first frame of a message that has more. Raises Broken."""
        if self._parts is not None:
            raise Broken(PROTOCOL_ERROR, "a message began before the last one was whole")
        self._parts, self._text = bytearray(part), text

    def go_on(self, part: bytes, last: bool) -> bytes | str | None:
        """A further frame: the whole message, if it is the last. Raises Broken."""
        if self._parts is None:
            raise Broken(PROTOCOL_ERROR, "a continuation of nothing")
        if len(self._parts) + len(part) > self._limit:
            self._parts = None
            raise Broken(TOO_BIG, "the message is too big")
        self._parts += part
        if not last:
            return None
        whole, self._parts = bytes(self._parts), None
        return decode(whole) if self._text else whole


def decode(text: bytes) -> str:
    """A text message. Raises Broken."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise Broken(BAD_TEXT, "invalid UTF-8") from None
