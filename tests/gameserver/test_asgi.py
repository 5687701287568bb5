"""The application: which request and which socket goes where."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from gameserver import asgi
from rooms.core.inputs import Player
from tests.lobby.world import forget_loop

APPLICATION: Any = asgi.application


class Peer:
    """A request or handshake played by hand."""

    def __init__(self, kind: str, path: str, **headers: str) -> None:
        named = {"host": "localhost", **headers}
        self.scope: dict[str, Any] = {
            "type": kind, "path": path, "raw_path": path.encode(), "query_string": b"", "method": "GET",
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()],
            "client": None, "extensions": {"websocket.http.response": {}}, "subprotocols": [],
        }  # fmt: skip
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        return {"type": "websocket.connect" if self.scope["type"] == "websocket" else "http.request"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def status(self) -> int:
        await APPLICATION(self.scope, self.receive, self.send)
        return int(self.sent[0]["status"])


@pytest.mark.parametrize("path", ["/ws/nowhere/", "/ws/token/nowhere/", "/", "/rooms/x/"])
async def test_unknown_sockets_are_404(path: str) -> None:
    assert await Peer("websocket", path, origin="http://localhost").status() == 404


async def test_pages_of_others_are_403_before_anything_is_looked_up() -> None:
    assert await Peer("websocket", "/ws/lobby/", origin="http://evil.example").status() == 403
    assert await Peer("websocket", "/ws/lobby/").status() == 403


async def test_metrics_need_no_host_name_of_ours() -> None:
    assert await Peer("http", "/metrics", host="10.1.2.3").status() == 200
    await forget_loop()


@pytest.mark.parametrize(
    ("path", "headers", "known"),
    [
        ("/ws/rooms/{room}/", {"origin": "http://localhost", "cookie": "hf_guest=forged"}, False),
        ("/ws/token/rooms/{room}/", {"authorization": "Bearer hfbot-forged"}, False),
        ("/ws/token/rooms/{room}/", {"authorization": "PASS"}, True),
        ("/ws/rooms/{room}/", {"origin": "http://localhost", "cookie": "COOKIE"}, True),
    ],
)
@override_settings(ALLOWED_HOSTS=["localhost"])
async def test_each_route_knows_its_players_its_own_way(
    path: str, headers: dict[str, str], known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lobby.identity import COOKIE, Guest, sign_guest
    from rooms.core.ids import PlayerId, RoomId
    from rooms.passes import sign_bot_pass
    from rooms.routing import token_urlpatterns, websocket_urlpatterns

    room = RoomId("r" * 22)
    bot, guest = Player(PlayerId("bot-1"), "B", "bot"), Player(PlayerId("g-1"), "G")
    real = {"PASS": f"Bearer {sign_bot_pass(bot, room)}", "COOKIE": f"{COOKIE}={sign_guest(Guest(guest, True))}"}
    seen: list[Any] = []

    async def consumer(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["player"], scope["url_route"]["kwargs"]["room"]))

    for pattern in (*websocket_urlpatterns, *token_urlpatterns):
        monkeypatch.setattr(pattern, "callback", consumer)
    peer = Peer("websocket", path.format(room=room), **{k: real.get(v, v) for k, v in headers.items()})
    await APPLICATION(peer.scope, peer.receive, peer.send)
    assert len(seen) == 1
    assert (seen[0][0] is not None, seen[0][1]) == (known, room)


async def test_lifespan_is_answered() -> None:
    peer = Peer("lifespan", "")
    await APPLICATION(peer.scope, peer.receive, peer.send)
    assert [message["type"] for message in peer.sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
