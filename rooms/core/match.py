"""How matches begin, advance and end: the only caller of a game's rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from rooms.core import faults, journal, phases, simulate
from rooms.core.effects import Effects, Refusal
from rooms.core.facts import Finisher, MatchOver
from rooms.core.game import Input, Now, Outcome, Rejection
from rooms.core.ids import Seat, SocketId
from rooms.core.journal import Given
from rooms.core.room import Cast, Live, Room, keep_state, read_state, taken, wall_ms


class Moves:
    """The moves that wait for the step of a pass: each as the rules take it, as the journal keeps it, and its socket.

    Three lists side by side, because most of what a busy room costs is done for each move.
    """

    __slots__ = ("given", "inputs", "of", "sockets")

    def __init__(self) -> None:
        self.inputs: list[Input[Any]] = []
        self.given: list[Given] = []
        self.sockets: list[SocketId] = []
        self.of: dict[Seat, int] = {}
        """How many each seat has, once there are so many in all that one seat might have too many."""

    def add(self, socket: SocketId, given: Given, move: Any) -> None:
        """One more."""
        self.inputs.append(Input(given.seat, move))
        self.given.append(given)
        self.sockets.append(socket)
        if self.of:
            self.of[given.seat] = self.of.get(given.seat, 0) + 1

    def has(self, seat: Seat, most: int) -> bool:
        """Whether so many are of this seat; cheap also when a crowd's backlog comes at once."""
        if len(self.given) < most:
            return False
        if not self.of:
            self.of = dict(Counter(one.seat for one in self.given))
        return self.of.get(seat, 0) >= most

    def refusal(self, index: int, code: str, message: str, legal: tuple[Any, ...] = ()) -> Refusal:
        """That of the move with this index."""
        given = self.given[index]
        return Refusal(self.sockets[index], given.player, given.seq, code, message, legal)


def start_match(live: Live, fx: Effects) -> None:
    """Begin a match with everyone seated."""
    room = live.room
    seats = taken(room)
    room.match += 1
    room.match_ms, room.match_tick, room.fill_ms, room.outcome = room.ms, 0, None, None
    room.cast = {seat: Cast(s.player, s.strength) for seat in seats if (s := room.seats[seat]) is not None}
    for seat in seats:
        if (sitter := room.seats[seat]) is not None:
            sitter.ready = sitter.rematch = False
    phases.go(live, "start", fx)
    fx.tell(live, "started", {"match": room.match})
    live.state = None  # it stays None when the rules cannot set the match up
    set_up(live, fx)


def set_up(live: Live, fx: Effects) -> None:
    """Let the rules make the first state of the match. Rules that raise pause the room; then it may be tried again."""
    room = live.room
    try:
        live.state = simulate.first_state(live.rules, room.options, sorted(room.cast), room.seed, room.match)
        journal.note(live, fx, journal.begun(live, wall_ms(room, room.ms)))
        _look_for_end(live, fx)
    except Exception as error:  # the rules are the game author's: any fault of theirs pauses this room alone (law 7)
        pause(live, fx, error)


def step_match(live: Live, asked: Moves | None, fx: Effects) -> None:
    """Advance the match by one tick with these moves. A rule that raises pauses the room and undoes the tick."""
    room, rules = live.room, live.rules
    room.match_tick = tick = room.match_tick + 1
    start, hz = room.match_ms or 0, rules.tick_hz
    if hz:
        room.ms = start + simulate.ms_of(tick, hz)
    now = Now(tick, room.ms - start)
    inputs = [] if asked is None else asked.inputs
    try:
        step = simulate.step_state(rules, live.state, inputs, now, (room.seed, room.match))
        refused = _refused(asked, step.rejections) if step.rejections else None
        live.state = state = step.state
        outcome = rules.outcome(state)
    except Exception as error:  # law 7, as above
        _undo_step(live, asked, fx)
        pause(live, fx, error)
        return
    if refused:
        fx.refusals += refused
    if asked is not None or not hz:
        _note_step(live, now, asked, step.rejections, fx)
    if tick % journal.MARK_EVERY == 0:
        journal.note_mark(live, fx)
    for event in step.events:
        fx.tell(live, f"game:{event.kind}", event.body, event.seats)
    if outcome is not None:
        finish(live, outcome, fx)
    fx.changed = True


def _undo_step(live: Live, asked: Moves | None, fx: Effects) -> None:
    live.state = read_state(live)
    live.room.match_tick -= 1
    if asked is not None:
        message = "The room is paused by a fault."
        fx.refusals += [asked.refusal(at, "paused", message) for at in range(len(asked.given))]


def _refused(asked: Moves | None, rejections: Sequence[Rejection]) -> list[Refusal]:
    """For whom each is. Raises IndexError where there was no such move: -1 is not the last one, nor in a replay."""
    refusals: list[Refusal] = []
    for no in rejections:
        if asked is None or not 0 <= no.index < len(asked.given):
            raise IndexError(f"the rules have refused move {no.index}, and there was none")
        refusals.append(asked.refusal(no.index, no.code, no.message, no.legal))
    return refusals


def _note_step(live: Live, now: Now, asked: Moves | None, rejections: Sequence[Rejection], fx: Effects) -> None:
    if live.room.journalled <= 0:
        return
    given = [] if asked is None else asked.given
    for no in rejections:
        given[no.index] = replace(given[no.index], refused=no.code)
    journal.note(live, fx, journal.Stepped(now.tick, now.ms, tuple(given)))


def join_match(live: Live, seat: Seat, fx: Effects) -> None:
    """A player has sat down during the match."""
    room, rules = live.room, live.rules
    sitter = room.seats[seat]
    if rules.join is None or sitter is None:
        return
    try:
        live.state = simulate.join_state(rules, live.state, seat, room.match_tick, (room.seed, room.match))
        keep_state(live)
        note_cast(live, seat, Cast(sitter.player, sitter.strength), fx, joined=True)
    except Exception as error:  # law 7
        live.state = read_state(live)
        pause(live, fx, error)


def note_cast(live: Live, seat: Seat, cast: Cast, fx: Effects, *, joined: bool) -> None:
    """Somebody plays a seat from here on; `joined`: the rules were told."""
    live.room.cast[seat] = cast
    journal.note(live, fx, journal.Sat(live.room.match_tick, seat, cast.player, cast.strength, joined))


def leave_match(live: Live, seat: Seat, fx: Effects) -> None:
    """The player of `seat` will not come back to this match."""
    room, rules = live.room, live.rules
    if seat not in room.cast:
        return
    if room.fault is not None:
        room.fault = replace(room.fault, gone=(*room.fault.gone, seat))
        return
    if rules.leave is None:
        journal.note(live, fx, journal.Gone(room.match_tick, seat))
        finish(live, simulate.won_by_leaving(room.cast, seat, room.cast[seat].player.name), fx)
        return
    try:
        live.state = simulate.leave_state(rules, live.state, seat, room.match_tick, (room.seed, room.match))
        keep_state(live)
        journal.note(live, fx, journal.Gone(room.match_tick, seat))
        _look_for_end(live, fx)
    except Exception as error:  # law 7
        live.state = read_state(live)
        pause(live, fx, error)


def finish(live: Live, outcome: Outcome, fx: Effects) -> None:
    """End the match: tell it, and hand it to the recorder."""
    room = live.room
    room.outcome = outcome
    phases.go(live, "over", fx)
    finishers = tuple(
        Finisher(p.seat, c.player.id, c.player.name, c.player.kind, c.strength, p.rank, p.score)
        for p in outcome.places
        if (c := room.cast.get(p.seat)) is not None
    )
    places = [{"seat": f.seat, "rank": f.rank, "score": f.score, "name": f.name} for f in finishers]
    fx.tell(live, "over", {"match": room.match, "places": places, "reason": outcome.reason})
    _note_end(live, outcome, fx)
    fx.matches.append(record_of(room, finishers, outcome.reason))
    room.journalled = 0


def record_of(room: Room, finishers: tuple[Finisher, ...], reason: str) -> MatchOver:
    """The room's match, which ends now, for the recorder."""
    return MatchOver(
        room=room.id,
        incarnation=room.incarnation,
        match=room.match,
        game=room.game,
        version=room.version,
        options=room.options,
        seed=room.seed,
        finishers=finishers,
        reason=reason,
        ticks=room.match_tick,
        started_ms=wall_ms(room, room.match_ms or 0),
        ended_ms=wall_ms(room, room.ms),
        private=room.private,
        journalled=room.journalled > 0,
    )


def _note_end(live: Live, outcome: Outcome, fx: Effects) -> None:
    room = live.room
    if room.journalled > 0:
        state = journal.digest(live.state, live.rules)
        ms = room.ms - (room.match_ms or 0)
        journal.note(live, fx, journal.Ended(room.match_tick, ms, state, outcome.places, outcome.reason))


def abandon(live: Live, reason: str, fx: Effects) -> None:
    """End a running match that cannot be decided: it is recorded without places, with `reason`. Else do nothing."""
    if live.room.phase == "playing":
        finish(live, Outcome((), reason), fx)


def pause(live: Live, fx: Effects, error: BaseException, code: str = "rules_fault") -> None:
    """Stop the room's clock because its rules failed. Players are told that, the operator also why."""
    message = "The rules of this game failed, so the room is paused. Nothing that was acknowledged is lost."
    live.room.fault = faults.fault_of(live, error, code, message)
    fx.tell(live, "paused", {"code": code, "message": message})
    fx.roster(live)


def _look_for_end(live: Live, fx: Effects) -> None:
    outcome = live.rules.outcome(live.state)
    if outcome is not None:
        finish(live, outcome, fx)
