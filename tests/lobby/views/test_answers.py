from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import RequestFactory

from lobby.errors import LobbyError
from lobby.views.answers import refusals_are_pages, way_back


@pytest.mark.parametrize(
    ("status", "heading"), [(404, "Not here"), (409, "That did not work"), (429, "A moment"), (503, "Not just now")]
)
async def test_a_refusal_is_a_page_with_its_status(status: int, heading: str) -> None:
    @refusals_are_pages
    async def view(request: HttpRequest) -> HttpResponse:
        raise LobbyError("code", "Because <i>so</i>.", status, retry_after=9)

    answer = await view(RequestFactory().get("/"))
    text = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"]) == (status, "9")
    assert heading in text
    assert "Because &lt;i&gt;so&lt;/i&gt;." in text


@pytest.mark.parametrize(
    ("wanted", "back"),
    [("/tokens/", "/tokens/"), ("http://testserver/x/", "http://testserver/x/"), ("http://other/", "/"), ("", "/")],
)
def test_the_way_back_is_on_this_site(wanted: str, back: str) -> None:
    assert way_back(RequestFactory().get("/"), wanted) == back


@pytest.mark.parametrize("name", ["404.html", "403.html", "403_csrf.html", "500.html"])
def test_error_pages_need_nothing(name: str) -> None:
    text = render_to_string(name)
    assert "To the lobby" in text
    assert "<h1>" in text
