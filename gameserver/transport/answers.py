"""What a handshake is answered with, as bytes of HTTP. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

Header = tuple[bytes, bytes]

SMALL: Final = 64 * 1024
"""Bytes an application may send as the body of a refusal."""


def refusal(status: int, headers: Iterable[Header] = (), body: bytes = b"") -> bytes:
    """An answer that ends the connection. A length among the headers is replaced by the true one."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Refused"
    kept = [(name, value) for name, value in headers if name.lower() not in (b"content-length", b"connection")]
    kept += [(b"Content-Length", str(len(body)).encode()), (b"Connection", b"close")]
    return _head(status, phrase, kept) + body


class Accepted:
    """The 101. picows puts `Sec-WebSocket-Accept` among the headers, then asks for the bytes."""

    __slots__ = ("_more", "headers", "status")

    def __init__(self, headers: Iterable[Header], subprotocol: str | None, server: str) -> None:
        """`headers` and `subprotocol` as the application accepted. Raises ValueError."""
        more = [(name, value) for name, value in headers]
        if subprotocol:
            more.append((b"Sec-WebSocket-Protocol", subprotocol.encode("latin-1")))
        _check(more)
        self._more = more
        self.status = HTTPStatus.SWITCHING_PROTOCOLS
        self.headers: dict[str, str] = {"Server": server, "Upgrade": "websocket", "Connection": "Upgrade"}

    def to_bytes(self) -> bytearray:
        """All of it, with the application's headers last."""
        ours = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        return bytearray(_head(self.status, self.status.phrase, [*ours, *self._more]))


def _head(status: int, phrase: str, headers: list[Header]) -> bytes:
    _check(headers)
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (status, phrase.encode(), lines)


def _check(headers: Iterable[Header]) -> None:
    """An application that passes on what a client sent must not let it write headers of its own."""
    if any(byte in name or byte in value for name, value in headers for byte in (b"\r", b"\n", b"\0")):
        raise ValueError("a header of the answer to a handshake has a control character")
