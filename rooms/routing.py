"""Where the rooms' sockets are: one address for pages, one for programs with a token."""

from __future__ import annotations

from typing import Any, cast

from django.urls import path

from rooms.consumers import room_consumer

_consumer = cast(Any, room_consumer)  # Django's types know only views here

websocket_urlpatterns = [path("ws/rooms/<str:room>/", _consumer)]
"""For pages: the guest's cookie says who it is, the Origin is checked."""
token_urlpatterns = [path("ws/token/rooms/<str:room>/", _consumer)]
"""For programs: a bearer token says who it is; no Origin is needed."""
