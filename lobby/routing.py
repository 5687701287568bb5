"""Where the live list's socket is. The rooms' own are in rooms/routing.py."""

from __future__ import annotations

from typing import Any, cast

from django.urls import path

from lobby.consumers import LobbyConsumer

websocket_urlpatterns = [path("ws/lobby/", cast(Any, LobbyConsumer.as_asgi()))]
