"""How much the kernel holds of what is on its way to one peer, and from it.

By itself it takes megabytes for a peer that does not read: for minutes nobody notices, and when the peer reads again
it gets minutes of old frames before the newest. With a bound on what is not sent yet, a socket that stalls is seen once
the peer's own receive window and UNSENT are full, and from then on only the newest state is kept (rooms/link.py). What
is sent and not acknowledged stays unbounded, so a long line is no slower; a write costs the same.
"""

from __future__ import annotations

import socket
from typing import Final

UNSENT: Final = 16 * 1024
"""Bytes the kernel takes for a peer beyond those it can send."""
UNREAD: Final = 32 * 1024
"""Bytes it takes of a peer that we have not read; a message limit raises it."""
_OPTION: Final = getattr(socket, "TCP_NOTSENT_LOWAT", None)
"""Linux and macOS have it; elsewhere a stall is noticed later."""


def hold_little(sock: socket.socket) -> None:
    """Bound what the kernel takes of one TCP connection; of any other nothing is changed."""
    if _OPTION is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, _OPTION, UNSENT)


def take_little(sock: socket.socket, message_limit: int) -> None:
    """Bound what the kernel takes for us: whoever sends more is held up until we have read it.

    picows' buffer doubles whenever a read fills it, and never shrinks. So this keeps it, too, below four times as much.
    """
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, max(UNREAD, min(4 * message_limit, 16 * 1024 * 1024)))
