"""The lobby's pages and API. WebSocket addresses are in routing.py."""

from __future__ import annotations

from django.urls import include, path

from lobby.api.root import api, nowhere
from lobby.views import home, match, operator, room, tokens

pages = [
    path("", home.home, name="home"),
    path("name/", home.name, name="name"),
    path("join/", home.join, name="join"),
    path("games/<slug:slug>/new/", room.create, name="create"),
    path("play/<slug:slug>/", room.play, name="play"),
    path("rooms/<str:room_id>/", room.room, name="room"),
    path("rooms/<str:room_id>/matches/<int:number>/", match.in_room, name="match-in-room"),
    path("matches/<int:number>/", match.match, name="match"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("operator/", operator.operator, name="operator"),
    path("operator/sign-out/", operator.leave, name="operator_leave"),
    path("operator/rooms/<str:room_id>/", operator.room, name="operator_room"),
    path("operator/rooms/<str:room_id>/resume/", operator.resume, name="operator_resume"),
    path("operator/rooms/<str:room_id>/close/", operator.close, name="operator_close"),
    path("tokens/<int:token>/revoke/", tokens.revoke, name="revoke"),
]

urlpatterns = [
    path("api/v1/", nowhere),
    path("api/v1/", api.urls),
    path("api/v1/<path:rest>", nowhere),
    path("", include((pages, "lobby"))),
]
