"""How the lobby says no: one exception for pages and API, each answer with a code, a sentence and an HTTP status."""

from __future__ import annotations

from collections.abc import Mapping


class LobbyError(Exception):
    """Something that was asked for will not be done. The message is for the person who asked.

    `fields` names what was wrong in a form, by field; `retry_after` is in seconds.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        fields: Mapping[str, str] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status
        self.fields = dict(fields or {})
        self.retry_after = retry_after


def unknown_game(slug: str) -> LobbyError:
    """No such game here."""
    return LobbyError("unknown_game", f"There is no game called “{slug}” here.", 404)


def unknown_room() -> LobbyError:
    """No such room, or none that may be told of: both look alike."""
    return LobbyError("not_found", "There is no such room. It may have closed: rooms close when everybody leaves.", 404)


def no_engine() -> LobbyError:
    """The entry is in the log, but nothing answered in time."""
    return LobbyError(
        "no_engine",
        "No game engine answered. Try again in a moment; whoever runs this server can start one with "
        "`manage.py runengine`.",
        503,
        retry_after=2,
    )


def store_down() -> LobbyError:
    """Redis cannot be reached."""
    return LobbyError(
        "unavailable",
        "Rooms cannot be reached just now, because the server's memory (Redis) does not answer. Nothing is lost; "
        "try again in a moment.",
        503,
        retry_after=2,
    )


def slow_down(retry_after: int) -> LobbyError:
    """A limit is reached."""
    return LobbyError("slow_down", f"That was a lot at once. Try again in {retry_after} s.", 429, None, retry_after)
