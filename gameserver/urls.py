"""Every page: the lobby's. Sockets are not here but in the routing.py files (gameserver/asgi.py)."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("lobby.urls"))]
