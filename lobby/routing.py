"""Where the live list's socket is. The rooms' own are in rooms/routing.py."""

from __future__ import annotations

from typing import Any, cast

from django.urls import path

from lobby.consumers import lobby_consumer

websocket_urlpatterns = [path("ws/lobby/", cast(Any, lobby_consumer))]
