"""A small ASGI application that does one thing per path, served by our Daphne.

`python -m tests.support.seams FD [MESSAGE_BYTES]`
Tests of gameserver/server.py and gameserver/websocket.py talk to it over real sockets.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from typing import Any

from rooms.wire import EXTENSION
from tests.support.waiting import until

BLOCK = 64 * 1024
told: dict[str, Any] = {}
"""What happened, for GET /told."""


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Every message back as it came."""
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({**event, "type": "websocket.send"})
    told["code"] = event["code"]


async def headers(scope: Any, receive: Any, send: Any) -> None:
    """Accept with headers and the last subprotocol offered."""
    named = {"subprotocol": scope["subprotocols"][-1], "headers": [(b"x-one", b"1"), (b"x-two", b"2")]}
    await send({"type": "websocket.accept", **named})
    await receive()


async def close(scope: Any, receive: Any, send: Any) -> None:
    """Close as the query says: by ASGI, or by the wire."""
    way, code, reason = scope["query_string"].decode().split(",")
    await send({"type": "websocket.accept"})
    if way == "wire":
        scope["extensions"][EXTENSION].close(int(code), reason)
    else:
        await send({"type": "websocket.close", "code": int(code), "reason": reason})
    await receive()


async def deny(scope: Any, receive: Any, send: Any) -> None:
    """Refuse with 404."""
    await send({"type": "websocket.http.response.start", "status": 404, "headers": []})
    await send({"type": "websocket.http.response.body", "body": b"no"})


async def denied(scope: Any, receive: Any, send: Any) -> None:
    """Refuse with a header and a body in two parts."""
    await send({"type": "websocket.http.response.start", "status": 402, "headers": [(b"x-price", b"1")]})
    await send({"type": "websocket.http.response.body", "body": b"pay ", "more_body": True})
    await send({"type": "websocket.http.response.body", "body": b"first"})


async def mute(scope: Any, receive: Any, send: Any) -> None:
    """Return without an answer."""


async def brief(scope: Any, receive: Any, send: Any) -> None:
    """Return while the socket is open."""
    await send({"type": "websocket.accept"})


async def slow(scope: Any, receive: Any, send: Any) -> None:
    """Answer only when the socket is gone."""
    told["slow"] = told.get("slow", 0) + 1
    told["slow_code"] = (await receive())["code"]
    await send({"type": "websocket.accept"})


async def known(scope: Any, receive: Any, send: Any) -> None:
    """Say what the scope says."""
    await send({"type": "websocket.accept"})
    wire = type(scope["extensions"][EXTENSION]).__name__
    told_of = {name: scope[name] for name in ("type", "path", "root_path", "client", "server", "subprotocols")}
    query, raw = scope["query_string"].decode(), scope["raw_path"].decode()
    names = sorted({name.decode() for name, _ in scope["headers"]})
    text = json.dumps({**told_of, "wire": wire, "query_string": query, "raw_path": raw, "headers": names})
    await send({"type": "websocket.send", "text": text})
    await receive()


async def early(scope: Any, receive: Any, send: Any) -> None:
    """Fail before the handshake."""
    raise RuntimeError("as asked")


async def late(scope: Any, receive: Any, send: Any) -> None:
    """Fail after it."""
    await send({"type": "websocket.accept"})
    raise RuntimeError("as asked")


async def write(scope: Any, receive: Any, send: Any) -> None:
    """Write much more than anyone takes, through the wire; tell how much waits."""
    await send({"type": "websocket.accept"})
    wire = scope["extensions"][EXTENSION]
    for number in range(400):
        wire.write(number.to_bytes(4, "big") + bytes(BLOCK - 4), False)
    told["peak"] = wire.buffered
    await until(lambda: wire.buffered == 0, 30)
    wire.write(b"done", True)
    told["left"] = wire.buffered
    await receive()


async def watched(scope: Any, receive: Any, send: Any) -> None:
    """Write 1 KiB at a time until the wire says that too much waits; tell that, and when all was taken."""
    await send({"type": "websocket.accept"})
    wire = scope["extensions"][EXTENSION]
    said: list[bool] = []
    wire.watch(said.append, 5000)
    count = 0
    while not said:
        wire.write(bytes(1024), False)
        count += 1
    told["full_at"], told["full_with"] = wire.buffered, count * 1024
    await until(lambda: said == [True, False], 30)
    told["taken_at"] = wire.buffered
    await receive()


async def patient(scope: Any, receive: Any, send: Any) -> None:
    """The same by ASGI's `send`, which must wait."""
    await send({"type": "websocket.accept"})
    for number in range(400):
        sending = asyncio.create_task(send({"type": "websocket.send", "bytes": bytes(BLOCK)}))
        await asyncio.sleep(0)  # its first step
        told["waits"] = not sending.done()
        await sending
        told["sent"] = number + 1
    await receive()


async def deaf(scope: Any, receive: Any, send: Any) -> None:
    """Take no message until told by GET /listen."""
    await send({"type": "websocket.accept"})
    told["task"] = asyncio.Event()
    await told["task"].wait()
    count = 0
    while (await receive())["type"] == "websocket.receive":
        count += 1
        told["taken"] = count


async def callback(scope: Any, receive: Any, send: Any) -> None:
    """Every message back by callback, those first that came early; "fault" raises, "hold" pauses until /listen."""
    await send({"type": "websocket.accept"})
    wire = scope["extensions"][EXTENSION]
    if scope["query_string"]:  # let some wait first
        await until(lambda: told.get("go"), 30)

    def hear(message: bytes | str) -> None:
        if message == "fault":
            raise RuntimeError("as asked")
        if message == "hold":
            wire.pause()
            told["resume"], told["held"] = wire.resume, told.get("held", 0) + 1
        wire.write(message if isinstance(message, bytes) else message.encode(), isinstance(message, str))

    wire.listen(hear)
    told["events"] = [(await receive())["type"]] == ["websocket.disconnect"]


async def http(scope: Any, receive: Any, send: Any) -> None:
    """GET /told; /listen, /resume and /go tell a scene to go on."""
    from rooms import meters

    if scope["path"] == "/listen":
        told["task"].set()
    if scope["path"] == "/resume":
        told["resume"]()
    if scope["path"] == "/go":
        told["go"] = True
    shown = {name: value for name, value in told.items() if isinstance(value, int)}
    gauges = {name: read() for name, read in meters._gauges.items()}
    body = json.dumps({**shown, **meters.counts, **gauges}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


REFUSALS = (deny, denied, mute, early, slow)
OPENED = (echo, headers, close, brief, known, late, write, watched, patient, deaf, callback)
SCENES = {f"/{scene.__name__}": scene for scene in (*REFUSALS, *OPENED)}


async def application(scope: Any, receive: Any, send: Any) -> None:
    """By the path."""
    if scope["type"] == "http":
        await http(scope, receive, send)
        return
    await receive()
    await SCENES[scope["path"]](scope, receive, send)


def main() -> None:
    """Serve on the inherited socket."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gameserver.settings")
    django.setup()
    from django.conf import settings

    from gameserver.server import GameServer

    if len(sys.argv) > 2:  # more than an operator may ask for
        settings.HOLDFAST["MAX_INPUT_BYTES"] = int(sys.argv[2])

    GameServer(application, adopt=socket.socket(fileno=int(sys.argv[1])), verbosity=0).run()


if __name__ == "__main__":
    main()
