from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from django.core.signals import request_finished
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import include, path

from gameserver.pages import Pages

View = Callable[[HttpRequest], Any]
urlpatterns: list[Any] = []


async def asked(view: View) -> list[dict[str, Any]]:
    """What is sent for a request to a view."""
    urlpatterns[:] = [path("view", view), path("", include("lobby.urls"))]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/view",
        "headers": [(b"host", b"localhost")],
        "query_string": b"",
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[], ALLOWED_HOSTS=["localhost"]):
        await Pages()(scope, receive, send)
    return sent


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    called: list[str] = []
    plain = SyncToAsync.__call__

    async def call(self: Any, *args: Any, **more: Any) -> Any:
        called.append(getattr(self.func, "__name__", repr(self.func)))
        return await plain(self, *args, **more)

    monkeypatch.setattr(SyncToAsync, "__call__", call)
    return called


class Closing(HttpResponse):
    closed_in: threading.Thread | None = None

    def close(self) -> None:
        super().close()
        self.closed_in = threading.current_thread()


async def test_a_view_that_waits_for_nothing_takes_no_thread(hops: list[str]) -> None:
    answer = Closing(b"hello")

    async def view(request: HttpRequest) -> HttpResponse:
        return answer

    begun = threading.active_count()
    start, body = await asked(view)
    assert (start["status"], body["body"]) == (200, b"hello")
    assert hops == []
    assert answer.closed_in is threading.current_thread()
    assert threading.active_count() <= begun


async def test_a_view_with_a_thread_is_closed_in_it_and_so_are_its_connections(migrated: None) -> None:
    answer, seen = Closing(b"hello"), []

    def look() -> None:  # at what Django's types leave out: the wrapper behind the proxy
        connection.ensure_connection()
        seen.append((threading.current_thread(), connection.connection, connection._connections[connection.alias]))  # type: ignore[attr-defined]

    async def view(request: HttpRequest) -> HttpResponse:
        await sync_to_async(look)()
        return answer

    await asked(view)
    ((thread, _, used),) = seen
    assert thread is not threading.current_thread()
    assert answer.closed_in is thread
    assert used.connection is None


async def test_a_view_that_fails_is_an_answer_too(caplog: pytest.LogCaptureFixture) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        raise RuntimeError("a mistake")

    start, *_ = await asked(view)
    assert start["status"] == 500


async def test_other_programs_still_hear_that_a_request_is_over() -> None:
    heard: list[Any] = []

    def listener(**_: Any) -> None:
        heard.append(True)

    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    request_finished.connect(listener)
    try:
        await asked(view)
    finally:
        request_finished.disconnect(listener)
    assert heard == [True]


async def test_a_client_that_is_gone_before_its_request_is_whole_gets_nothing() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    await asyncio.wait_for(Pages()({"type": "http", "path": "/", "method": "GET", "headers": []}, receive, send), 5)
