"""Each check: silent on our own settings, loud on the mistake it is for."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import redis
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.core.checks import CheckMessage, run_checks
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import include, path

from gameserver import checks

Check = Callable[..., list[CheckMessage]]
PLAIN = (
    checks.check_layer_setting,
    checks.check_channel_layer,
    checks.check_socket_timeout,
    checks.check_daphne,
)


class Echo(AsyncWebsocketConsumer):
    """A consumer in the wrong place."""


def page(request: HttpRequest) -> HttpResponse:
    """A view in the right one."""
    return HttpResponse("here")


class RightRoutes:
    urlpatterns = (path("page/", page),)


class WrongRoutes:
    urlpatterns = (path("page/", page), path("deep/", include([path("ws/", Echo.as_asgi())])))  # type: ignore[arg-type]


@pytest.mark.parametrize("check", PLAIN)
def test_our_own_settings_pass(check: Check) -> None:
    assert check() == []


def ids(found: list[CheckMessage]) -> list[str | None]:
    """What was found, each with a hint."""
    assert all(message.hint or message.id == "holdfast.E006" for message in found)
    return [message.id for message in found]


@pytest.mark.parametrize("name", checks.MISSPELT)
def test_a_misspelt_setting_is_found(name: str) -> None:
    with override_settings(**{name: {}}):
        assert ids(checks.check_layer_setting()) == ["holdfast.E001"]


def test_a_consumer_among_the_pages_is_found_at_any_depth() -> None:
    with override_settings(ROOT_URLCONF=RightRoutes):
        assert checks.check_consumer_routes() == []
    with override_settings(ROOT_URLCONF=WrongRoutes):
        assert ids(checks.check_consumer_routes()) == ["holdfast.E002"]


@pytest.mark.parametrize("layers", [{}, {"default": {}}, {"other": {"BACKEND": "x"}}])
def test_a_missing_layer_is_found(layers: dict[str, Any]) -> None:
    with override_settings(CHANNEL_LAYERS=layers):
        assert ids(checks.check_channel_layer()) == ["holdfast.E003"]


@pytest.mark.parametrize(
    ("hosts", "dies"),
    [
        (None, True),
        (["redis://x"], True),
        ([("x", 6379)], True),
        ([{"address": "redis://x"}], True),
        ([{"address": "redis://x", "socket_timeout": 5}], True),
        (["redis://x?socket_timeout=3"], True),
        ([{"address": "redis://x", "socket_timeout": None}], False),
        ([{"address": "redis://x", "socket_timeout": 30}], False),
        (["redis://x?socket_timeout=30"], False),
    ],
)
def test_a_timeout_that_ends_idle_consumers_is_found(hosts: list[Any] | None, dies: bool) -> None:
    layer = {"BACKEND": checks.CORE_LAYER, "CONFIG": {"hosts": hosts} if hosts else {}}
    with override_settings(CHANNEL_LAYERS={"default": layer}):
        assert ids(checks.check_socket_timeout()) == ["holdfast.E004"] * dies


def test_daphne_missing_or_late_is_found() -> None:
    apps = [app for app in settings.INSTALLED_APPS if app != checks.DAPHNE]
    settings_like = copy.copy(apps)
    # Not override_settings: it would reload every app.
    for wrong in (apps, [*settings_like, checks.DAPHNE]):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(settings, "INSTALLED_APPS", wrong)
            assert ids(checks.check_daphne()) == ["holdfast.E005"]


def test_shards_that_differ_are_found(valkey_url: str) -> None:
    assert checks.check_shards() == []  # a new Redis has no number yet
    with redis.Redis.from_url(valkey_url) as client:
        client.hset(checks.META_KEY, checks.SHARDS_FIELD, str(settings.HOLDFAST["SHARDS"]))
        assert checks.check_shards() == []
        client.hset(checks.META_KEY, checks.SHARDS_FIELD, "5")
    found = checks.check_shards()
    assert ids(found) == ["holdfast.E006"]
    assert "Set HOLDFAST_SHARDS=5" in found[0].msg


def test_a_redis_that_cannot_be_asked_is_a_warning() -> None:
    with override_settings(ROOMS_URL="unix:///nowhere/valkey.sock"):
        assert ids(checks.check_shards()) == ["holdfast.W006"]


def test_redis_is_asked_only_on_request() -> None:
    with override_settings(ROOMS_URL="unix:///nowhere/valkey.sock"):
        assert "holdfast.W006" not in ids(run_checks(tags=["redis"]))
        assert "holdfast.W006" in ids(run_checks(tags=["redis"], include_deployment_checks=True))


@pytest.mark.parametrize(("behind_tls", "said"), [(True, []), (False, ["holdfast.W007"])])
def test_a_deployment_without_tls_is_named(behind_tls: bool, said: list[str]) -> None:
    with override_settings(SECURE_SSL_REDIRECT=behind_tls):
        assert ids(checks.check_tls()) == said
