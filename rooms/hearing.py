"""What a player who is in the room says: parsed once, limited, and handed on; whatever is refused is answered.

consumer -> [hearing] -> hub -> log | relay group
"""

from __future__ import annotations

import time

from rooms import meters
from rooms.bodies import UNREADABLE, Commanding, body_of, decode_of
from rooms.core.game import Rules
from rooms.core.inputs import Command
from rooms.hub import Hub
from rooms.limits import Allowance
from rooms.link import Link
from rooms.protocol import client, codec, server
from rooms.protocol.closing import Close
from rooms.relay import RelayRefused, check, encode


class Farewell(Exception):  # how a visit ends, not a fault
    """The socket is to be closed with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def parse(link: Link, raw: bytes | str) -> client.FromClient:
    """The message in `raw`. Raises Farewell when it is none of this protocol."""
    try:
        if link.text and not isinstance(raw, str):
            raise codec.Malformed("the JSON subprotocol takes text messages")
        return codec.parse_client(raw, link.wire_format)
    except codec.Malformed as error:
        meters.count("messages_malformed")
        raise Farewell(Close.BAD_MESSAGE, str(error)) from error


class Hearing:
    """Takes the messages of one socket after its hello. Nothing here waits."""

    def __init__(self, link: Link, hub: Hub, rules: Rules) -> None:
        """`link` is about to join its room, whose game has `rules`, the newest that are here."""
        self.link, self._hub, self._newest = link, hub, rules
        self._allowance = Allowance(time.monotonic())
        self._kind = str if link.text else bytes
        self._version = -1
        self._follow(link.version)

    def _follow(self, version: int) -> None:
        """From now on the room is played by this version of the rules."""
        self._version, self._rules = version, self._newest.at(version)
        self._decode = decode_of(self._rules, self.link.wire_format)

    def take(self, raw: bytes | str) -> None:
        """One message of a client that has said hello. Raises Farewell when the connection must end."""
        meters.counts["messages_received"] += 1
        link, size = self.link, len(raw)
        if link.version != self._version:
            self._follow(link.version)
        try:
            message = self._decode(raw) if size <= codec.MAX_MESSAGE and type(raw) is self._kind else parse(link, raw)
        except UNREADABLE:
            message = parse(link, raw)  # it says why; or only the move in it is wrong, which costs nobody the socket
        now = time.monotonic()
        if not self._allowance.message(now, size):
            self._slow_down(message, now)
        elif link.view is None:
            self._before_welcome(message)
        elif isinstance(message, client.Move):  # first, as most are
            self._command(message)
        else:
            self._other(message, now)

    def _before_welcome(self, message: client.FromClient) -> None:
        if isinstance(message, client.Hello):
            raise Farewell(Close.BAD_MESSAGE, "Say hello once.")
        if not isinstance(message, client.Ping):
            raise Farewell(Close.BAD_MESSAGE, "Wait for the welcome.")
        self._answer(message)

    def _answer(self, ping: client.Ping) -> None:
        self.link.say(server.Pong(ping.n, ping.time, time.time_ns() / 1_000_000))

    def _other(self, message: client.FromClient, now: float) -> None:
        if isinstance(message, client.Ping):
            self._answer(message)
        elif isinstance(message, client.Hello):
            raise Farewell(Close.BAD_MESSAGE, "Say hello once.")
        elif isinstance(message, client.Relay):
            self._relay(message, now)
        elif isinstance(message, client.Resync):
            self._hub.resync(self.link, message.offset)
        else:
            self._command(message)

    def _slow_down(self, message: client.FromClient, now: float) -> None:
        meters.count("messages_limited")
        if not self._allowance.forgive(now):
            raise Farewell(Close.SLOW_DOWN, "Too many messages. Wait a while, then connect again.")
        self._refuse(getattr(message, "seq", 0), "slow_down", "Too many messages; this one does not count.")

    def _refuse(self, seq: int, code: str, text: str) -> None:
        self.link.say(server.Reject(seq, code, text))

    def _command(self, message: Commanding) -> None:
        link, seq = self.link, message.seq
        try:
            body = body_of(message, self._rules, link.wire_format)
        except codec.Malformed as error:
            self._refuse(seq, "bad_move", str(error))
            return
        self._hub.command(link, Command(link.id, link.player.id, seq, body, link.before(seq)))

    def _relay(self, message: client.Relay, now: float) -> None:
        link = self.link
        if link.seat < 0:
            self._refuse(0, "not_seated", "Only players at the table may send this.")
        elif not self._allowance.relay(now):
            self._refuse(0, "slow_down", "Too many of these; this one was not passed on.")
        else:
            try:
                body = check(message, self._rules, link.wire_format)
            except RelayRefused as error:
                self._refuse(0, error.code, str(error))
                return
            self._hub.relay(encode(link.room, link.id, link.seat, message.kind, body))
