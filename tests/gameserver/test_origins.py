"""Which pages may open a WebSocket: scheme, host and port must be ours."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from gameserver.origins import OriginCheck, may_connect, read_origin


def scope(origin: str | None, host: str | None = "play.example", **more: Any) -> dict[str, Any]:
    given = [(b"origin", origin), (b"host", host)]
    headers = [(name, value.encode()) for name, value in given if value is not None]
    return {"type": "websocket", "headers": headers, **more}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("http://a.example", ("http", "a.example", 80)),
        ("https://A.example", ("https", "a.example", 443)),
        ("http://a.example:8000", ("http", "a.example", 8000)),
        ("http://[::1]:8000", ("http", "::1", 8000)),
        ("null", None),
        ("", None),
        ("a.example", None),
        ("ftp://a.example", None),
        ("http://a.example/", None),
        ("http://user@a.example", None),
        ("http://a.example:nine", None),
        ("http://", None),
    ],
)
def test_an_origin_is_scheme_host_and_port(text: str, read: Any) -> None:
    assert read_origin(text) == read


@pytest.mark.parametrize(
    ("origin", "host", "may"),
    [
        ("http://play.example", "play.example", True),
        ("http://play.example:80", "play.example", True),
        ("http://play.example:8000", "play.example:8000", True),
        ("http://play.example", "play.example:8000", False),
        ("https://play.example", "play.example", False),
        ("http://play.example.evil", "play.example", False),
        ("http://evil.example", "play.example", False),
        ("http://rebound.example", "rebound.example", False),
        ("null", "play.example", False),
        (None, "play.example", False),
        ("http://play.example", None, False),
    ],
)
@override_settings(ALLOWED_HOSTS=["play.example"], HOLDFAST_ORIGINS=[], BEHIND_TLS=False)
def test_without_a_list_only_our_own_pages(origin: str | None, host: str | None, may: bool) -> None:
    assert may_connect(scope(origin, host)) is may


@override_settings(ALLOWED_HOSTS=["play.example"], HOLDFAST_ORIGINS=[], BEHIND_TLS=True)
def test_behind_tls_pages_are_https() -> None:
    assert may_connect(scope("https://play.example"))
    assert not may_connect(scope("http://play.example"))


@override_settings(ALLOWED_HOSTS=["play.example"], HOLDFAST_ORIGINS=[], BEHIND_TLS=False)
def test_a_server_that_speaks_tls_itself() -> None:
    assert may_connect(scope("https://play.example", scheme="wss"))


@override_settings(ALLOWED_HOSTS=["api.example"], HOLDFAST_ORIGINS=["https://www.example", "https://b.example:8443"])
def test_a_list_is_all_that_counts() -> None:
    assert may_connect(scope("https://www.example", "api.example"))
    assert may_connect(scope("https://b.example:8443", "api.example"))
    assert not may_connect(scope("http://www.example", "api.example"))
    assert not may_connect(scope("http://api.example", "api.example"))


@override_settings(ALLOWED_HOSTS=["play.example"], HOLDFAST_ORIGINS=[], BEHIND_TLS=False)
def test_two_origins_are_none() -> None:
    doubled = scope("http://play.example")
    doubled["headers"].append((b"origin", b"http://play.example"))
    assert not may_connect(doubled)


@override_settings(ALLOWED_HOSTS=["play.example"], HOLDFAST_ORIGINS=[], BEHIND_TLS=False)
async def test_the_middleware_passes_on_or_refuses() -> None:
    reached: list[Any] = []
    sent: list[Any] = []

    async def app(given: Any, receive: Any, send: Any) -> None:
        reached.append(given)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await OriginCheck(app)(scope("http://play.example"), receive, send)
    assert (len(reached), sent) == (1, [])
    await OriginCheck(app)(scope("http://evil.example"), receive, send)
    assert (len(reached), sent) == (1, [{"type": "websocket.close"}])
    answering = scope("http://evil.example", extensions={"websocket.http.response": {}})
    await OriginCheck(app)(answering, receive, send)
    assert sent[1]["status"] == 403
