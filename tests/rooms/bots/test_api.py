"""rooms/bots/api.py against a server that answers as the test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from rooms.bots.api import Api, ApiRefused

PLACE = {"room": "r" * 22, "page": "http://there/rooms/r/", "socket": "ws://there/ws/token/rooms/r/"}


class Site:
    """Answers each request with the next answer, and notes what was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any, dict[str, str]]] = []
        self.asked: list[tuple[str, str, Any, str]] = []
        site = self

        class Answering(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                token = self.headers["Authorization"]
                site.asked.append((self.command, self.path, json.loads(body) if body else None, token))
                status, said, headers = site.answers.pop(0)
                raw = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                for name, value in (headers | {"Content-Length": str(len(raw))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = answer

            def log_message(self, *_: object) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def api(self, status: int, said: Any, **headers: str) -> Api:
        self.answers.append((status, said, {key.replace("_", "-"): value for key, value in headers.items()}))
        return Api(self.url + "/", "hf_secret")


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever)
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


async def test_play_says_where_to_go(site: Site) -> None:
    assert await site.api(200, PLACE).play("tictactoe") == PLACE
    assert site.asked == [("POST", "/api/v1/play", {"game": "tictactoe"}, "Bearer hf_secret")]


async def test_open_sends_the_options(site: Site) -> None:
    assert await site.api(201, PLACE).open("snake", {"walls": True}, size=4, private=True) == PLACE
    body = {"game": "snake", "options": {"walls": True}, "size": 4, "private": True}
    assert site.asked[0][:3] == ("POST", "/api/v1/rooms", body)


async def test_rooms_asks_with_a_filter(site: Site) -> None:
    assert await site.api(200, []).rooms("arena", free=True) == []
    assert site.asked[0][:3] == ("GET", "/api/v1/rooms?game=arena&seats=true", None)


async def test_a_refusal_keeps_its_words(site: Site) -> None:
    problem = {"code": "too_many", "detail": "Wait a while.", "status": 429, "title": "..."}
    with pytest.raises(ApiRefused) as caught:
        await site.api(429, problem, Retry_After="7").play("snake")
    no = caught.value
    assert (no.status, no.code, no.detail, no.retry_after_s) == (429, "too_many", "Wait a while.", 7)


async def test_a_refusal_that_is_no_problem_document(site: Site) -> None:
    with pytest.raises(ApiRefused) as caught:
        await site.api(502, b"<html>").play("snake")
    assert (caught.value.status, caught.value.code) == (502, "unexplained")


async def test_no_server_is_an_oserror(site: Site) -> None:
    with pytest.raises(OSError, match="refused"):
        await Api("http://127.0.0.1:1", "hf_secret").play("snake")


async def test_an_operator_closes_a_room(site: Site) -> None:
    await site.api(204, b"").close("r" * 22, "Enough.")
    assert site.asked == [
        ("POST", f"/api/v1/operator/rooms/{'r' * 22}/close", {"reason": "Enough."}, "Bearer hf_secret")
    ]
