"""The chat of the Channels tutorial, told to show a state: one consumer for each socket, a group for each room.

The consumer is written as the tutorial writes it (asynchronous, text in JSON, group_send over channels_redis); a task
of the room takes the place of the person who types. Started by `daphne tests.bench.peers.tutorial_app:application`.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="only-for-the-bench",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={
        "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [os.environ["REDIS_URL"]]}}
    },
)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402  (settings come first)
from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from tests.bench.games.board import LETTERS, TEXT  # noqa: E402

HZ = {"board": int(os.environ["BOARD_HZ"]), "marks": 2}
rooms: dict[str, asyncio.Task[None]] = {}
marks: dict[str, dict[str, int]] = {}


async def tick(game: str, group: str) -> None:
    """The room: tells everybody its state."""
    layer: Any = get_channel_layer()
    n = 0
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while True:
        n += 1
        state: dict[str, Any] = {"n": n}
        if game == "board":
            state["text"] = LETTERS[n % 64 : n % 64 + TEXT]
        else:
            state["players"] = marks[group]
        await layer.group_send(group, {"type": "chat.message", "message": state})
        await asyncio.sleep(begun + n / HZ[game] - loop.time())


class ChatConsumer(AsyncWebsocketConsumer):
    """One socket."""

    async def connect(self) -> None:
        words = self.scope["url_route"]["kwargs"]
        self.group, self.who = f"{words['game']}_{words['room']}", words["who"]
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        marks.setdefault(self.group, {})[self.who] = 0
        if self.group not in rooms:
            rooms[self.group] = asyncio.create_task(tick(words["game"], self.group))

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)
        marks[self.group].pop(self.who, None)
        if not marks[self.group] and self.group in rooms:
            rooms.pop(self.group).cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        marks[self.group][self.who] = json.loads(text_data or "")["message"]["mark"]

    async def chat_message(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps({"message": event["message"]}))


consumer: Any = ChatConsumer.as_asgi()  # Django's types know only views here
routes: Any = [path("ws/<str:game>/<str:room>/<str:who>/", consumer)]
application = ProtocolTypeRouter({"websocket": URLRouter(routes)})
