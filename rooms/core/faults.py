"""What is kept of a fault: why, when, and the last inputs, so that whoever runs the server can see what led to it."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from itertools import repeat
from typing import Any, Final

import msgspec

from rooms.core.ids import PlayerId
from rooms.core.inputs import Act, Attach, ChatBody, Command, Detach, MoveBody, Operate, Reserve
from rooms.core.room import HEARD, Arrived, Fault, Heard, Live, Room, wall_ms

TRACE_LETTERS: Final = 4000
"""The end of a traceback, where the failing line stands."""
INPUTS_LETTERS: Final = 2048
"""All inputs of a fault together, as JSON text; the oldest are left out."""
WHAT_LETTERS: Final = 400
"""One input."""

_encode = msgspec.json.Encoder().encode


def fault_of(live: Live, error: BaseException, code: str, message: str) -> Fault:
    """The fault that `error` is, at the room's present time, with the newest entries as its inputs."""
    room = live.room
    trace = "".join(traceback.format_exception(error))[-TRACE_LETTERS:]
    return Fault(code, message, trace, describe(live), room.ms, wall_ms(room, room.ms), room.match_tick)


def hear(live: Live, arrived: Sequence[Arrived]) -> None:
    """Remember entries that are about to be applied. One that is applied again after an undo counts once."""
    if live.heard and live.heard[-1][1][0] == arrived[-1][0]:
        return
    live.heard.extend(zip(repeat(live.room.match_tick), arrived[-HEARD:]))


def describe(live: Live) -> str:
    """The newest entries as a JSON list, oldest first, one object a line: {after, who, seat, seq, what}."""
    lines: list[str] = []
    left = INPUTS_LETTERS
    for heard in reversed(live.heard):
        line = _line(live.room, heard)
        left -= len(line) + 2
        if left < 0:
            break
        lines.append(line)
    return "[\n" + ",\n".join(reversed(lines)) + "\n]" if lines else "[]"


def _line(room: Room, heard: Heard) -> str:
    tick, (_, act, _) = heard
    who = _who(room, act)
    seat = next((n for n, s in enumerate(room.seats) if s is not None and s.player.id == who), None)
    seq = act.seq if isinstance(act, Command) else None
    what = _what(act)
    told: dict[str, Any] = {"after": tick, "who": who, "seat": seat, "seq": seq, "what": what}
    line = _encode(told).decode()
    if len(line) > WHAT_LETTERS:
        told["what"] = _encode(what).decode()[:WHAT_LETTERS] + "…"
        line = _encode(told).decode()
    return line


def _who(room: Room, act: Act) -> PlayerId | None:
    match act:
        case Command():
            return act.player
        case Attach() | Reserve():
            return act.player.id
        case Detach():
            socket = room.sockets.get(act.socket)
            return None if socket is None else socket.player.id
    return None


def _what(act: Act) -> Any:
    """The act in plain values. What people write to each other is not shown: rules do not see it either."""
    if not isinstance(act, Command):
        return act.action if isinstance(act, Operate) else type(act).__name__.lower()
    if isinstance(act.body, MoveBody):
        return {"move": _plain(act.body.move)}
    name = type(act.body).__name__.removesuffix("Body").lower()
    if isinstance(act.body, ChatBody):
        return {name: f"{len(act.body.text)} letters"}
    more: Sequence[Any] = msgspec.to_builtins(act.body)[1:]
    return {name: list(more)} if more else name


def _plain(move: bytes) -> Any:
    """A move in values that JSON has, or its bytes in hexadecimal digits."""
    try:
        plain: Any = msgspec.msgpack.decode(move)
        _encode(plain)
    except (msgspec.DecodeError, TypeError, ValueError, OverflowError):
        return move.hex()
    return plain
