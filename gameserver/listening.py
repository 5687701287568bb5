"""The listening socket of a web process: made here, or inherited from whoever started it."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from typing import Final

BACKLOG: Final = 1024
"""Connections the kernel holds before we take them: a thousand players come back at once after a restart."""


class CannotListen(Exception):
    """With a sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen: a host and port, or a file descriptor."""

    host: str
    port: int
    fd: int | None = None


def listen(place: Place) -> socket.socket:
    """The listening socket; several processes may take connections from one. Raises CannotListen."""
    try:
        return _inherit(place.fd) if place.fd is not None else _open(place)
    except OSError as error:
        raise CannotListen(_say(place, error)) from error


def _open(place: Place) -> socket.socket:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    return socket.create_server((place.host, place.port), family=family, backlog=BACKLOG)


def _inherit(number: int) -> socket.socket:
    given = socket.socket(fileno=number)
    if not given.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        given.detach()
        raise CannotListen(f"File descriptor {number} is a socket that does not listen.")
    return given


def _say(place: Place, error: OSError) -> str:
    if place.fd is not None:
        return f"File descriptor {place.fd} is no listening socket ({error.strerror})."
    if error.errno == errno.EADDRINUSE:
        return f"Port {place.port} on {place.host} is taken. Stop what uses it, or choose another with --port."
    if error.errno == errno.EACCES:
        return f"Port {place.port} needs more rights than this user has. Choose one above 1023 with --port."
    return f"Cannot listen on {place.host}, port {place.port}: {error.strerror or error}."
