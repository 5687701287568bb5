"""Holds players up whose inputs come faster than the log takes them: they are not read for a while, and keep their
sockets.

hub -> [brake] -> wire

TCP then tells their clients, and what they have said already waits with them. Only where the server cannot hold a
socket up (plain ASGI), or when this is not enough, is a socket closed with SERVER_BUSY.
"""

from __future__ import annotations

from rooms import meters
from rooms.link import Link
from rooms.wire import DirectWire


class Brake:
    """The sockets of this process that are held up."""

    def __init__(self) -> None:
        """None is."""
        self._held: dict[Link, DirectWire] = {}

    def hold(self, link: Link) -> None:
        """Read nothing more of this socket until `release`."""
        if link not in self._held and isinstance(link.wire, DirectWire):
            meters.count("sockets_held_up")
            self._held[link] = link.wire
            link.wire.pause()

    def forget(self, link: Link) -> None:
        """The socket is gone."""
        self._held.pop(link, None)

    def release(self) -> None:
        """Read them all again."""
        held, self._held = self._held, {}
        for wire in held.values():
            wire.resume()
