"""The opening handshake as a client sends it (RFC 6455, section 4.2.1). Pure.

Daphne has parsed the request already and hands it on as bytes, with one line for each header name.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

VERSION: Final = b"13"
ROOT_PATH: Final = b"daphne-root-path"
"""A proxy may say so where the application is mounted; Daphne's own way."""

Headers = list[tuple[bytes, bytes]]


class Refused(Exception):
    """This is no handshake of ours: the status to answer with, and what it must carry."""

    def __init__(self, status: HTTPStatus, headers: Headers | None = None) -> None:
        """Headers beyond those of every refusal."""
        super().__init__(status.phrase)
        self.status, self.headers = status, headers or []


@dataclass(frozen=True, slots=True)
class UpgradeRequest:
    """A sound handshake."""

    path: bytes
    query: bytes
    headers: Headers
    """Names in lower case; those with an underscore, which could pass for others, are left out."""
    key: bytes
    subprotocols: list[str]
    root_path: str


def read_upgrade(raw: bytes, root_path: str) -> UpgradeRequest:
    """Read a handshake. `root_path` holds where the request names no other. Raises Refused."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    method, _, rest = first.partition(b" ")
    target = rest.rpartition(b" ")[0]
    headers: Headers = []
    for line in lines:
        name, _, value = line.partition(b":")
        headers.append((name.strip().lower(), value.strip()))
    values = dict(headers)
    if values.get(b"sec-websocket-version") != VERSION:
        raise Refused(HTTPStatus.UPGRADE_REQUIRED, [(b"Sec-WebSocket-Version", VERSION)])
    path, _, query = target.partition(b"?")
    key = values.get(b"sec-websocket-key", b"")
    sound = method == b"GET" and path.startswith(b"/") and b"#" not in target and b"host" in values and not body
    if not (sound and _names_upgrade(values.get(b"connection", b"")) and _is_key(key)):
        raise Refused(HTTPStatus.BAD_REQUEST)
    return UpgradeRequest(
        path,
        query,
        [(name, value) for name, value in headers if b"_" not in name and name != ROOT_PATH],
        key,
        _words(values.get(b"sec-websocket-protocol", b"")),
        unquote(values[ROOT_PATH].decode("ascii", "replace")) if ROOT_PATH in values else root_path,
    )


def _names_upgrade(connection: bytes) -> bool:
    """Firefox says `keep-alive, Upgrade`."""
    return "upgrade" in _words(connection.lower())


def _words(value: bytes) -> list[str]:
    return [word.strip() for word in value.decode("latin-1").split(",") if word.strip()]


def _is_key(key: bytes) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except binascii.Error:
        return False
