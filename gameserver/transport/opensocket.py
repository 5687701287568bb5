"""One open WebSocket, and what its owner may do with it (rooms.wire.DirectWire). What it hears is in intake.py.

hub -> link -> [open socket] -> picows -> kernel -> browser | bot
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from typing import Any, Final, cast

from picows import WSCloseCode, WSTransport

from gameserver.kernel import hold_little
from gameserver.transport.closing import ABNORMAL, INTERNAL, NO_CODE, reply_to
from gameserver.transport.conduit import Conduit
from gameserver.transport.inbox import Inbox
from gameserver.transport.intake import BINARY, INBOX, READER, REST, TEXT, Intake, deaf
from gameserver.transport.keepalive import Due, Keepalive
from gameserver.transport.limits import Limits
from rooms import meters
from rooms.wire import Flow, Hear, cut_reason

CLOSE_S: Final = 2.0
"""How long a peer has to go once we have sent a close frame."""


class OpenSocket(Intake):
    """A socket from before its 101 to its end. `ended` is called once, if it ever opened, with code and reason."""

    __slots__ = ("_conduit", "_ended", "_expiry", "_failed", "_flow", "_keepalive", "_limits", "_room", "_send",
                 "_transport", "inbox")  # fmt: skip

    def __init__(self, limits: Limits, ended: Callable[[int, str], None]) -> None:
        """Not open yet: writes and closes do nothing."""
        self._limits, self._ended = limits, ended
        self.inbox = Inbox(lambda: self._hold(INBOX), lambda: self._release(INBOX))
        super().__init__(self.inbox.hear, limits.message_bytes)
        self._transport: WSTransport | None = None
        self._conduit: Conduit | None = None
        self._send: Callable[..., None] = _nothing
        self._flow: Flow = _unwatched
        self._keepalive: Keepalive | None = None
        self._room: asyncio.Event | None = None
        """Set when a peer reads again; None while it does."""
        self._expiry: asyncio.TimerHandle | None = None
        self._failed = 0
        """The code we closed with because the peer, or our reader, was at fault; 0: none was."""

    # -- for the owner: rooms.wire.DirectWire

    def write(self, payload: bytes, text: bool) -> None:
        """Send one message now, at once into the kernel where nothing waits before it."""
        self._send(TEXT if text else BINARY, payload)

    @property
    def buffered(self) -> int:
        """Bytes the kernel has not taken yet."""
        return self._conduit.get_write_buffer_size() if self._conduit is not None else 0

    def close(self, code: int, reason: str) -> None:
        """Close after what was written."""
        if self._transport is not None and not self._closing:
            self._say_close(code, cut_reason(reason))
            self._closing, self._plain = True, False
            self._waits &= REST  # the peer's own close is still to be read
            self._expire()
            self._go_on(len(self._held))

    def listen(self, hear: Hear) -> None:
        """Messages by callback from now on."""
        early = self.inbox.take_messages()
        if early:
            self._held = deque([*early, *self._held])
        self._hear = hear
        self._go_on(len(self._held))

    def pause(self) -> None:
        """Read no more."""
        self._hold(READER)

    def resume(self) -> None:
        """Read again."""
        self._release(READER)

    def watch(self, flow: Flow, most: int) -> None:
        """Tell `flow` when more than `most` bytes wait, and when all was taken."""
        self._flow = flow
        if self._conduit is not None and self._transport is not None:
            hold_little(self._conduit.get_extra_info("socket"))
            self._conduit.set_write_buffer_limits(most, 0)

    # -- for the server

    @property
    def opened(self) -> bool:
        """The 101 was sent."""
        return self._keepalive is not None

    async def room(self) -> None:
        """Wait until the peer takes what is written: what makes an application's `send` wait."""
        if self._room is not None:
            await self._room.wait()

    def abort(self) -> None:
        """Cut the connection off."""
        if self._conduit is not None:
            self._conduit.abort()

    def check(self, now: float) -> None:
        """Its deadlines, every one or two seconds."""
        if self._closing or self._transport is None or self._keepalive is None:
            return
        if self._waits & (READER | INBOX):
            self._keepalive.deaf(now, self._limits.ping_s)
        due = self._keepalive.due(now, self._limits.ping_s, self._limits.pong_s)
        if due is Due.PING:
            token = secrets.token_bytes(4)
            self._keepalive.pinged(now, token)
            self._transport.send_ping(token)
        elif due is Due.SILENT:
            meters.count("sockets_silent")
            self._say_close(INTERNAL, "no answer to a ping")
            self.abort()
        elif due is Due.STALLED:
            meters.count("sockets_stalled")
            self.abort()

    def attach(self, conduit: Conduit) -> None:
        """The connection, just before its 101 is sent."""
        self._conduit = conduit

    def broken(self, code: int, reason: str) -> None:
        """picows met a frame it does not understand. Those before it in the same read are yet to come."""
        handshake = self._transport.close_handshake if self._transport is not None else None
        if handshake is not None and handshake.recv is not None and self._peer is None:
            self._peer = (int(cast(int, handshake.recv.code)) or NO_CODE, handshake.recv.reason or "")
            self._answer_close()  # what follows a sound close does not count
        else:
            self._fail(code, reason)
            self._closing = False  # what was sound before it is still delivered

    # -- called by picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The 101 is sent."""
        self._transport, self._send = transport, transport.send
        self._keepalive = Keepalive(asyncio.get_running_loop().time(), self._limits.ping_s)
        self._settle()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection is lost or closed."""
        paused, self._waits = self._waits & READER, 0
        if not paused:
            self._go_on(len(self._held))
        self._closing, self._plain, self._send, self._transport = True, False, _nothing, None
        if self._expiry is not None:
            self._expiry.cancel()
        if self._room is not None:
            self._room.set()
        self._ended(*(self._peer or (self._failed or ABNORMAL, "")))
        self._hear, self._flow = deaf, _unwatched

    def pause_writing(self) -> None:
        """More than 64 KiB wait, or what `watch` was told."""
        self._room = asyncio.Event()
        if self._keepalive is not None:
            self._keepalive.full(asyncio.get_running_loop().time())
        self._flow(True)

    def resume_writing(self) -> None:
        """Nearly all was taken."""
        if self._room is not None:
            self._room.set()
            self._room = None
        if self._keepalive is not None:
            self._keepalive.full(None)
        self._flow(False)

    # -- what Intake asks for

    def _answer_ping(self) -> None:
        payload, self._pong = self._pong, None
        if payload is not None and self._room is None and self._transport is not None:
            self._transport.send_pong(payload)

    def _answer_close(self) -> None:
        """Both sides have said goodbye, or will have with this."""
        if self._peer is None or self._transport is None or self._conduit is None:
            return
        self._closing = True
        self._say_close(reply_to(self._peer[0]))  # nothing, where we have sent one
        self._conduit.finish()
        self._expire()

    def _ponged(self, token: bytes) -> None:
        if self._keepalive is not None:
            self._keepalive.ponged(token)

    def _read(self, on: bool) -> None:
        if self._conduit is not None:
            (self._conduit.resume_reading if on else self._conduit.pause_reading)()

    # -- the end

    def _say_close(self, code: int, reason: str = "") -> None:
        """Send a close frame, unless one was sent."""
        if self._transport is not None:
            self._transport.send_close(cast(WSCloseCode, code), reason)  # any number does

    def _fail(self, code: int, reason: str) -> None:
        """Close because of a fault: what still comes is not read."""
        if self._transport is not None and self._conduit is not None and not self._failed:
            self._failed, self._closing, self._plain, self._waits = code, True, False, 0
            self._say_close(code, reason)
            self._conduit.linger()
            self._expire()

    def _expire(self) -> None:
        if self._expiry is None:
            self._expiry = asyncio.get_running_loop().call_later(CLOSE_S, self.abort)


def _nothing(kind: Any, payload: bytes) -> None:
    """Write into a socket that is not open."""


def _unwatched(full: bool) -> None:
    """Nobody asked to be told."""
