"""Answers to handshakes, byte by byte."""

from __future__ import annotations

import pytest

from gameserver.transport.answers import Accepted, refusal


def test_a_refusal_has_status_length_and_an_end() -> None:
    assert refusal(404, [(b"X-Why", b"gone"), (b"content-length", b"999")], b"no\n") == (
        b"HTTP/1.1 404 Not Found\r\nX-Why: gone\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n"
    )
    assert refusal(499).startswith(b"HTTP/1.1 499 Refused\r\n")


def test_a_101_has_the_applications_headers_as_they_are() -> None:
    answer = Accepted([(b"x-name", "é".encode("latin-1"))], "holdfast.v1.json", "holdfast")
    answer.headers["Sec-WebSocket-Accept"] = "xyz"  # as picows does
    assert bytes(answer.to_bytes()) == (
        b"HTTP/1.1 101 Switching Protocols\r\nServer: holdfast\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: xyz\r\nx-name: \xe9\r\nSec-WebSocket-Protocol: holdfast.v1.json\r\n\r\n"
    )
    assert answer.status == 101


@pytest.mark.parametrize("header", [(b"x", b"a\r\nb: c"), (b"x\n", b"a"), (b"x", b"a\0")])
def test_nobody_writes_headers_through_a_value(header: tuple[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match="control character"):
        refusal(403, [header])
    with pytest.raises(ValueError, match="control character"):
        Accepted([header], None, "holdfast")
    with pytest.raises(ValueError, match="control character"):
        Accepted([], "a\r\nb: c", "holdfast")
