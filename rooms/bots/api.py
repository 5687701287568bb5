"""The few calls of the JSON API that a bot needs to find a room (the rest: /api/v1/docs). Standard library only."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final, TypedDict
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

TIMEOUT_S: Final = 10.0


class Place(TypedDict):
    """A room, by its id, and where it is: the page for people and the socket for programs with a token."""

    room: str
    page: str
    socket: str


class ApiRefused(Exception):
    """The API refused a call: HTTP `status`, `code` for programs, `detail` for people, seconds to wait or 0."""

    def __init__(self, status: int, code: str, detail: str, retry_after_s: int = 0) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code, self.detail, self.retry_after_s = status, code, detail, retry_after_s


class Api:
    """The API of one site (http://host:port) with one token. Calls raise ApiRefused, or OSError without a server."""

    def __init__(self, site: str, token: str) -> None:
        self._root, self._token = f"{site.rstrip('/')}/api/v1", token

    async def play(self, game: str) -> Place:
        """A public room where a seat is held for some seconds: an open one, or a new one that bots will fill."""
        return await self._call("/play", {"game": game})

    async def open(
        self, game: str, options: dict[str, Any] | None = None, *, size: int | None = None, private: bool = False
    ) -> Place:
        """A new room with oneself as the host. Connect soon: an empty room closes."""
        body = {"game": game, "options": options or {}, "size": size, "private": private}
        return await self._call("/rooms", body)

    async def rooms(self, game: str = "", *, free: bool = False) -> list[dict[str, Any]]:
        """The public rooms, of one game when it is named, only those with a free seat when `free`."""
        return await self._call("/rooms?" + urlencode({"game": game, "seats": str(free).lower()}))

    async def close(self, room: str, reason: str = "") -> None:
        """End a room, with a token of whoever runs the server (scope `operate`)."""
        await self._call(f"/operator/rooms/{room}/close", {"reason": reason})

    async def _call(self, path: str, body: object = None) -> Any:
        return await asyncio.to_thread(self._wait_for, path, body)

    def _wait_for(self, path: str, body: object) -> Any:
        sent = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            with urlopen(Request(self._root + path, sent, headers), timeout=TIMEOUT_S) as answer:
                raw = answer.read()
                return json.loads(raw) if raw else None
        except HTTPError as error:
            with error:
                raise _read_refusal(error) from error


def _read_refusal(error: HTTPError) -> ApiRefused:
    retry_after = error.headers.get("Retry-After", "")
    wait = int(retry_after) if retry_after.isdigit() else 0
    try:
        problem = json.load(error)
        return ApiRefused(error.code, str(problem["code"]), str(problem["detail"]), wait)
    except (ValueError, KeyError, TypeError):
        return ApiRefused(error.code, "unexplained", error.reason, wait)
