from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import SyncToAsync
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.test import AsyncClient, AsyncRequestFactory, override_settings
from django.utils.module_loading import import_string

from gameserver import chain

OURS = {"ALLOWED_HOSTS": ["testserver"]}


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The functions that were called in a thread."""
    called: list[str] = []
    plain = SyncToAsync.__call__

    async def call(self: Any, *args: Any, **more: Any) -> Any:
        called.append(getattr(self.func, "__qualname__", repr(self.func)))
        return await plain(self, *args, **more)

    monkeypatch.setattr(SyncToAsync, "__call__", call)
    with override_settings(**OURS):
        yield called


def steps(hops: list[str]) -> list[str]:
    """Those of middleware: some of its own Django always makes, for signals and to close the answer."""
    return [name for name in hops if "process_" in name or "Middleware" in name or "call" in name]


async def passed(middleware: Any) -> HttpResponse:
    """The answer of its view to a request."""
    answer: HttpResponse = await middleware(AsyncRequestFactory().get("/"))
    return answer


def test_every_one_of_djangos_is_there() -> None:
    """The checks of Django that look for them by name are silenced."""
    installed = [import_string(path) for path in settings.MIDDLEWARE]
    for needed in (
        SecurityMiddleware, SessionMiddleware, CommonMiddleware, CsrfViewMiddleware, AuthenticationMiddleware,
        MessageMiddleware, XFrameOptionsMiddleware,
    ):  # fmt: skip
        assert any(isinstance(one, type) and issubclass(one, needed) for one in installed), needed


async def test_a_short_answer_needs_no_other_thread(hops: list[str]) -> None:
    answer = await AsyncClient().get("/api/v1/nowhere")
    assert (answer.status_code, steps(hops)) == (404, [])
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    answer = await AsyncClient(enforce_csrf_checks=True).post("/join/", {})
    assert (answer.status_code, steps(hops)) == (403, [])


async def test_only_files_are_looked_for(hops: list[str]) -> None:
    answer = await AsyncClient().get("/static/css/lobby.css")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/css")
    answer.close()
    assert (await AsyncClient().get("/static/css/nowhere.css")).status_code == 404
    assert len([name for name in hops if name.endswith("find_file")]) == 2


@pytest.mark.parametrize("changed", [False, True])
async def test_a_session_is_written_in_a_thread_and_only_when_it_changed(hops: list[str], changed: bool) -> None:
    written: list[bool] = []

    async def view(request: HttpRequest) -> HttpResponse:
        request.session.save = lambda **_: written.append(True)  # type: ignore[method-assign]
        if changed:
            request.session._session_cache = {"a": 1}  # type: ignore[attr-defined]
            request.session.modified = True
        return HttpResponse()

    await passed(chain.Sessions(view))
    assert written == [True] * changed
    assert [name.rpartition(".")[2] for name in hops] == ["process_response"] * changed


async def test_messages_that_were_added_are_kept_in_a_thread(hops: list[str]) -> None:
    from django.contrib import messages

    async def view(request: HttpRequest) -> HttpResponse:
        messages.info(request, "Hello")
        return HttpResponse()

    with override_settings(MESSAGE_STORAGE="django.contrib.messages.storage.cookie.CookieStorage"):
        answer = await passed(chain.Messages(view))
    assert "messages" in answer.cookies
    assert [name.rpartition(".")[2] for name in hops] == ["process_response"]
