"""The lobby's pages and API. WebSocket addresses are in routing.py."""

from __future__ import annotations

from django.urls import include, path

from lobby.api.root import api, nowhere
from lobby.views import home, room, tokens

pages = [
    path("", home.home, name="home"),
    path("name/", home.name, name="name"),
    path("join/", home.join, name="join"),
    path("games/<slug:slug>/new/", room.create, name="create"),
    path("play/<slug:slug>/", room.play, name="play"),
    path("rooms/<str:room_id>/", room.room, name="room"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<int:token>/revoke/", tokens.revoke, name="revoke"),
]

urlpatterns = [
    path("api/v1/", nowhere),
    path("api/v1/", api.urls),
    path("api/v1/<path:rest>", nowhere),
    path("", include((pages, "lobby"))),
]
