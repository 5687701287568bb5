from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve

from lobby.middleware import SecurityHeaders


def _headers(path: str = "/", host: str = "play.example:8000", secure: bool = False) -> HttpResponse:
    request = RequestFactory().get(path, secure=secure, headers={"host": host})
    return SecurityHeaders(lambda request: HttpResponse())(request)


def _led(path: str) -> HttpResponse:
    """The same, after Django has found the view."""
    request = RequestFactory().get(path, headers={"host": "play.example"})
    request.resolver_match = resolve(path)
    return SecurityHeaders(lambda request: HttpResponse())(request)


def _rules(response: HttpResponse) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";"))
    return {name: where for name, _, where in parts}


@pytest.fixture(autouse=True)
def any_host(settings_hosts: None) -> None:
    """The host under test is allowed."""


@pytest.fixture
def settings_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["play.example", "testserver"])


def test_nothing_but_this_site_and_nothing_inline() -> None:
    rules = _rules(_headers())
    assert rules["default-src"] == rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["object-src"] == "'none'"
    assert "unsafe" not in str(rules)


@pytest.mark.parametrize(
    ("secure", "calls"),
    [(False, "'self' ws://play.example:8000 wss://play.example:8000"), (True, "'self' wss://play.example:8000")],
)
def test_sockets_of_this_host_alone(secure: bool, calls: str) -> None:
    assert _rules(_headers(secure=secure))["connect-src"] == calls


def test_the_page_that_tries_the_api_may_set_styles_and_no_more() -> None:
    docs, other = _rules(_led("/api/v1/docs")), _rules(_led("/api/v1/rooms"))
    assert docs.pop("style-src") == "'self' 'unsafe-inline'"
    assert other.pop("style-src") == "'self'"
    assert docs == other


def test_a_host_that_is_not_ours_is_an_answer_and_no_crash() -> None:
    assert _rules(_headers(host="evil.example"))["connect-src"] == "'self'"
    assert Client(headers={"host": "evil.example"}).get("/name/").status_code == 400


def test_an_answer_with_a_policy_of_its_own_keeps_it() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Content-Security-Policy": "default-src 'none'"})

    request = HttpRequest()
    assert SecurityHeaders(view)(request)["Content-Security-Policy"] == "default-src 'none'"


async def test_it_works_without_a_thread_too() -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    request = HttpRequest()
    request.META |= {"HTTP_HOST": "play.example"}
    request.path = "/"
    response = await SecurityHeaders(view)(request)
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert response["Permissions-Policy"]
