"""What an open socket hears: frames from picows to whole messages, each peer in its turn.

browser | bot -> kernel -> picows -> [intake] -> the reader's callback, or the inbox of an ASGI application

picows parses headers, lengths, masks and the limit of one frame. It looks neither at reserved bits nor at the order of
fragments, UTF-8 or most close codes: that is done here. It hands over whatever one read brought, which may be
thousands of frames: after TURN of them the rest is held, and the socket is not read for a moment.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Final, cast

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from gameserver.transport.closing import BAD_TEXT, INTERNAL, NO_CODE, PROTOCOL_ERROR, Broken
from gameserver.transport.fragments import Fragments
from rooms import meters
from rooms.wire import Hear

TEXT, BINARY = WSMsgType.TEXT, WSMsgType.BINARY
TURN: Final = 16
"""Frames that are taken of one socket in a row: then others have their turn."""
REST_S: Final = 0.01
"""How long it then waits. What its peer sends meanwhile stays in the kernel, and holds that peer up alone."""
READER, INBOX, REST = 1, 2, 4
"""Why nothing is read for now: bits."""

logger = logging.getLogger(__name__)


class Intake(WSListener):
    """The hearing half of an open socket; gameserver/transport/opensocket.py is the rest of it."""

    __slots__ = ("_closing", "_count", "_fragments", "_hear", "_held", "_peer", "_plain", "_pong", "_waits")

    def __init__(self, hear: Hear, limit: int) -> None:
        """Whole messages, of `limit` bytes at most, go to `hear`."""
        self._hear = hear
        self._fragments = Fragments(limit)
        self._plain = False
        """A frame that is alone in what was read can be handed on as it is: nothing is under way, held or over."""
        self._waits = 0
        self._count = 0
        """Frames of the present read so far."""
        self._held: deque[bytes | str | None] | tuple[()] = ()
        """Messages that were read but wait for their turn; None: the peer's close. A deque only once there are some."""
        self._pong: bytes | None = None
        """The newest ping that waits for its answer."""
        self._closing = False
        """Nothing that still comes is wanted."""
        self._peer: tuple[int, str] | None = None
        """The peer's close frame."""

    # -- the other half

    def _fail(self, code: int, reason: str) -> None:
        """Close because of a fault: what still comes is not read."""
        raise NotImplementedError

    def _answer_close(self) -> None:
        """Both sides have said goodbye, or will have with this."""
        raise NotImplementedError

    def _answer_ping(self) -> None:
        """Send back the newest ping."""
        raise NotImplementedError

    def _ponged(self, token: bytes) -> None:
        """A pong came."""
        raise NotImplementedError

    def _read(self, on: bool) -> None:
        """Read from the connection, or not."""
        raise NotImplementedError

    # -- frames

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """One frame. The way of nearly all of them is short: a whole message, alone in what was read."""
        if self._plain and frame.last_in_buffer and frame.fin and not (frame.rsv1 or frame.rsv2 or frame.rsv3):
            kind = frame.msg_type  # a costly attribute: it makes a member of an enum
            if kind is BINARY:
                self._tell(frame.get_payload_as_bytes())
                return
            if kind is TEXT:
                try:
                    text = frame.get_payload_as_utf8_text()
                except UnicodeDecodeError:
                    self._fail(BAD_TEXT, "invalid UTF-8")
                else:
                    self._tell(text)
                return
        self._take_turn(frame)

    def _take_turn(self, frame: WSFrame) -> None:
        """A frame that is not alone, not whole, or no message; or one that comes while others are held."""
        self._plain = False
        self._count += 1
        try:
            if frame.rsv1 or frame.rsv2 or frame.rsv3:
                raise Broken(PROTOCOL_ERROR, "reserved bits are set")
            self._take(frame.msg_type, frame)
        except Broken as broken:
            self._fail(broken.code, broken.reason)
        if self._count == TURN:
            self._rest()
        if frame.last_in_buffer:
            self._count = 0
            self._settle()

    def _take(self, kind: WSMsgType, frame: WSFrame) -> None:
        if kind is WSMsgType.CLOSE:
            self._take_close(frame)
        elif self._closing:
            return
        elif kind is WSMsgType.PING:
            self._pong = frame.get_payload_as_bytes()
            if self._count <= TURN:
                self._answer_ping()
        elif kind is WSMsgType.PONG:
            self._ponged(frame.get_payload_as_bytes())
        else:
            self._take_part(kind, frame)

    def _take_part(self, kind: WSMsgType, frame: WSFrame) -> None:
        whole = self._assemble(kind, frame)
        if whole is not None:
            self._hand_on(whole)

    def _assemble(self, kind: WSMsgType, frame: WSFrame) -> bytes | str | None:
        if kind is WSMsgType.CONTINUATION:
            return self._fragments.go_on(frame.get_payload_as_bytes(), bool(frame.fin))
        if not frame.fin or self._fragments.under_way:
            self._fragments.begin(frame.get_payload_as_bytes(), kind is TEXT)
            return None
        if kind is BINARY:
            return frame.get_payload_as_bytes()
        try:
            return frame.get_payload_as_utf8_text()
        except UnicodeDecodeError:
            raise Broken(BAD_TEXT, "invalid UTF-8") from None

    def _hand_on(self, message: bytes | str | None) -> None:
        if self._waits or self._held:
            self._held = self._held or deque()
            self._held.append(message)
        elif message is None:
            self._answer_close()
        else:
            self._tell(message)

    def _tell(self, message: bytes | str) -> None:
        try:
            self._hear(message)
        except Exception:
            logger.exception("the reader of a socket failed; it is closed")
            self._fail(INTERNAL, "Something went wrong here.")

    def _take_close(self, frame: WSFrame) -> None:
        if self._peer is None:
            code = int(cast(int, frame.get_close_code())) if frame.payload_size else NO_CODE
            self._peer = (code, frame.get_close_reason() or "")
            if self._closing:
                self._answer_close()
            else:
                self._hand_on(None)

    # -- turns and pauses

    def _settle(self) -> None:
        self._plain = not (self._waits or self._held or self._count or self._closing or self._fragments.under_way)

    def _hold(self, why: int) -> None:
        self._waits |= why
        self._plain = False
        self._read(False)

    def _release(self, why: int) -> None:
        if self._waits & why:
            self._waits &= ~why
            asyncio.get_running_loop().call_soon(self._go_on, TURN)

    def _rest(self) -> None:
        meters.count("sockets_resting")
        self._hold(REST)
        asyncio.get_running_loop().call_later(REST_S, self._rested)

    def _rested(self) -> None:
        self._waits &= ~REST
        self._answer_ping()
        self._go_on(TURN)

    def _go_on(self, most: int) -> None:
        """Hand on what is held, `most` of it, and read again when nothing stands against it."""
        while self._held and not self._waits and most:
            message = self._held.popleft()
            most -= 1
            if message is None:
                self._answer_close()
            elif not self._closing:
                self._tell(message)
        if self._held and not self._waits:
            self._rest()
        if not self._waits:
            self._read(True)
        self._settle()


def deaf(message: bytes | str) -> None:
    """Hear a socket that has ended."""
