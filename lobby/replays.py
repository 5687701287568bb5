"""The journals of recorded matches: read from the database, with the rules they were played under.

Match -> [replays] -> tape and rules -> projector (what pages play) | manage.py replay (what operators verify)
"""

from __future__ import annotations

import zlib
from typing import Final

from channels.db import database_sync_to_async

from lobby.errors import LobbyError
from lobby.models import Match, Replay
from rooms.core.game import Rules
from rooms.core.tape import Flaw, Tape, read_tape
from rooms.games.registry import UnknownGame, get_rules

MOST_BYTES: Final = 32 * 1024 * 1024
"""The largest journal that is unpacked: far more than a room writes (Bounds.journal_bytes)."""


def no_replay() -> LobbyError:
    """The match is known, its journal is not."""
    return LobbyError(
        "no_replay",
        "This match has no replay. Replays are kept for some time only, and very long matches have none.",
        404,
    )


def broken(flaw: Flaw) -> LobbyError:
    """The journal is there and cannot be played (any more)."""
    if flaw.code == "other_version":
        words = "This match was played under other rules than this server has now, so it cannot be replayed."
        return LobbyError("other_version", words, 409)
    return LobbyError("replay_broken", f"This replay cannot be played. {flaw.message}", 409)


def rules_for(match: Match) -> Rules:
    """The rules that a match was played under. Raises Flaw."""
    try:
        newest = get_rules(match.game)
    except UnknownGame as error:
        raise Flaw("unknown_game", f"This server has no game {match.game!r}.") from error
    try:
        return get_rules(match.game, match.version)
    except UnknownGame as error:
        played = f"The match was played under version {match.version} of {match.game}"
        raise Flaw("other_version", f"{played}; here is version {newest.version}.") from error


def unpack(replay: Replay) -> bytes:
    """The lines of a replay. Raises Flaw."""
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(bytes(replay.lines), MOST_BYTES)
    except zlib.error as error:
        raise Flaw("unreadable", f"The journal cannot be unpacked: {error}.") from error
    if stream.unconsumed_tail:
        raise Flaw("unreadable", f"The journal is larger than {MOST_BYTES} bytes.")
    return raw


def load_tape(match: Match) -> Tape:
    """The journal of a match. Raises LobbyError."""
    replay = Replay.objects.filter(match=match).first()
    if replay is None:
        raise no_replay()
    try:
        return read_tape(unpack(replay))
    except Flaw as flaw:
        raise broken(flaw) from flaw


aload_tape = database_sync_to_async(load_tape)
