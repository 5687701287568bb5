"""The opening handshake, line by line."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from gameserver.transport.request import Refused, read_upgrade

KEY = b"AAAAAAAAAAAAAAAAAAAAAA=="
FIELDS = {
    b"Host": b"example",
    b"Upgrade": b"websocket",
    b"Connection": b"Upgrade",
    b"Sec-WebSocket-Version": b"13",
    b"Sec-WebSocket-Key": KEY,
}


def asked(line: bytes = b"GET /ws/x?a=b HTTP/1.1", body: bytes = b"", **changed: bytes | None) -> bytes:
    """A handshake, with fields changed or (None) left out."""
    fields = {**FIELDS, **{name.replace("_", "-").encode(): value for name, value in changed.items()}}
    lines = [line, *(name + b": " + value for name, value in fields.items() if value is not None)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def test_a_sound_one_is_read() -> None:
    request = read_upgrade(asked(Sec_WebSocket_Protocol=b"one, two", Cookie=b"a=b"), "/root")
    assert (request.path, request.query, request.key, request.root_path) == (b"/ws/x", b"a=b", KEY, "/root")
    assert request.subprotocols == ["one", "two"]
    assert (b"cookie", b"a=b") in request.headers


def test_a_proxy_may_say_where_the_application_is_mounted() -> None:
    request = read_upgrade(asked(Daphne_Root_Path=b"/a%20b"), "")
    assert request.root_path == "/a b"
    assert b"daphne-root-path" not in dict(request.headers)


def test_a_name_that_could_pass_for_another_is_left_out() -> None:
    raw = asked().replace(b"Host:", b"X_Real_IP: 1.2.3.4\r\nHost:")
    assert b"x_real_ip" not in dict(read_upgrade(raw, "").headers)


@pytest.mark.parametrize("connection", [b"keep-alive, Upgrade", b"upgrade", b"Keep-Alive,UPGRADE"])
def test_an_upgrade_among_other_words_counts(connection: bytes) -> None:
    assert read_upgrade(asked(Connection=connection), "").key == KEY


@pytest.mark.parametrize("version", [None, b"8", b"12", b"13, 8"])
def test_another_version_is_told_ours(version: bytes | None) -> None:
    with pytest.raises(Refused) as refused:
        read_upgrade(asked(Sec_WebSocket_Version=version), "")
    assert refused.value.status == HTTPStatus.UPGRADE_REQUIRED
    assert refused.value.headers == [(b"Sec-WebSocket-Version", b"13")]


@pytest.mark.parametrize(
    "raw",
    [
        asked(b"POST /ws HTTP/1.1"),
        asked(b"GET ws HTTP/1.1"),
        asked(b"GET http://example/ws HTTP/1.1"),
        asked(b"GET /ws#part HTTP/1.1"),
        asked(body=b"\x81\x80\x00\x00\x00\x00"),
        asked(Host=None),
        asked(Connection=None),
        asked(Connection=b"keep-alive"),
        asked(Connection=b"notupgrade"),
        asked(Sec_WebSocket_Key=None),
        asked(Sec_WebSocket_Key=b"short"),
        asked(Sec_WebSocket_Key=b"A" * 24),
        asked(Sec_WebSocket_Key=KEY + b"," + KEY),
        asked(Sec_WebSocket_Key=b"\xff" * 24),
    ],
)
def test_anything_else_is_a_bad_request(raw: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read_upgrade(raw, "")
    assert refused.value.status == HTTPStatus.BAD_REQUEST
