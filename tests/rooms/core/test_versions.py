"""Rules change while rooms are open: what is kept, what goes on, what ends, and who is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from rooms.core import versions
from rooms.core.effects import Effects
from rooms.core.game import Rules, Seats, Step
from rooms.core.inputs import ChatBody, MoveBody, Operate, RematchBody
from rooms.core.room import Live, dump_live, dump_told, load_room
from rooms.games import get_rules
from tests.rooms.core.driver import ANN, BOB, Driver, codes, kinds

OLD = get_rules("tictactoe")


class Options(msgspec.Struct, forbid_unknown_fields=True):
    """The next version's."""

    pace: Literal["slow", "fast"] = "slow"


class State(msgspec.Struct):
    """The next version's: the board is one text, and moves are counted."""

    board: str
    turn: int
    moves: int


def migrate(version: int, old: Any) -> State:
    assert version == OLD.version
    cells = old["cells"]
    return State("".join("." if cell < 0 else str(cell) for cell in cells), old["turn"], 9 - cells.count(-1))


def play(state: State, inputs: Any, *_: Any) -> Step[State]:
    for one in inputs:
        cell = one.move.cell
        state.board = state.board[:cell] + str(one.seat) + state.board[cell + 1 :]
        state.turn, state.moves = 1 - state.turn, state.moves + 1
    return Step(state)


NEW = replace(
    OLD,
    version=OLD.version + 1,
    options=Options,
    state=State,
    setup=lambda options, seats, rng: State("." * 9, 0, 0),
    step=play,
    view=lambda state, seat: {"board": state.board},
    outcome=lambda state: None,
    leave=None,
    deadline=None,
)
MIGRATING = replace(NEW, migrate=migrate)
WITH_OLDER = replace(NEW, older={OLD.version: OLD})


def deploy(game: Driver, rules: Rules) -> Effects | None:
    """The engine stops; one with these rules takes the room over."""
    room, state = load_room(dump_live(game.live))
    told = [dump_told(one) for one in game.live.events]
    game.live, fx = versions.adopt(room, state, rules, game.live.bounds, told)
    game.rules = rules
    dump_live(game.live)
    return fx


def begun() -> Driver:
    game = Driver()
    game.play()
    move(game, 4)
    return game


def move(game: Driver, cell: int) -> Effects:
    return game.do((ANN, BOB)[game.live.state.turn], MoveBody(msgspec.msgpack.encode({"cell": cell})))


def win(game: Driver) -> None:
    for cell in (0, 3, 1, 5, 2):
        if game.room.phase == "playing":
            move(game, cell)


def test_the_same_version_is_simply_loaded() -> None:
    game = begun()
    assert deploy(game, OLD) is None
    assert codes(move(game, 0)) == []


def test_a_room_that_waits_is_of_the_new_version_with_options_that_fit() -> None:
    game = Driver()
    game.attach(ANN)
    fx = deploy(game, NEW)
    assert fx is not None
    assert [(told.kind, told.body) for told in fx.events] == [("updated", {"from": 1, "to": 2})]
    assert (game.room.version, game.room.options) == (2, {"pace": "slow"})
    assert set(fx.welcomes) == {game.socket(ANN)}, "what the game is called and takes is told anew"


def test_a_running_match_is_migrated_and_goes_on() -> None:
    game = begun()
    turn = game.live.state.turn
    fx = deploy(game, MIGRATING)
    assert fx is not None
    assert kinds(fx) == ["updated"]
    assert isinstance(game.live.state, State)
    assert (game.live.state.moves, game.live.state.turn) == (1, turn)
    assert codes(move(game, 0)) == []
    assert game.live.state.moves == 2
    assert game.room.match == 1


def test_a_match_that_was_migrated_has_no_replay() -> None:
    game = begun()
    fx = deploy(game, MIGRATING)
    assert fx is not None
    assert fx.unjournalled == [1]
    assert not move(game, 0).journal


def test_without_a_migration_the_match_is_finished_on_the_old_rules_and_the_next_is_on_the_new() -> None:
    game = begun()
    assert deploy(game, WITH_OLDER) is None, "nothing has changed yet"
    assert game.live.rules is OLD
    win(game)
    assert (game.room.phase, game.room.version) == ("finished", 1)
    game.do(ANN, RematchBody())
    fx = game.do(BOB, RematchBody())
    assert [kind for kind in kinds(fx) if kind in ("updated", "started")] == ["updated", "started"]
    assert (game.room.version, game.live.rules.version, game.room.match) == (2, 2, 2)
    assert game.room.options == {"pace": "slow"}
    assert isinstance(game.live.state, State)
    assert set(fx.welcomes) == {game.socket(ANN), game.socket(BOB)}


def test_a_match_on_old_rules_stays_on_them_through_a_further_takeover() -> None:
    game = begun()
    deploy(game, WITH_OLDER)
    deploy(game, WITH_OLDER)
    assert game.live.rules is OLD
    assert game.live.newer is WITH_OLDER


def test_a_match_whose_rules_are_gone_ends_honestly_and_the_room_waits() -> None:
    game = begun()
    fx = deploy(game, NEW)
    assert fx is not None
    assert kinds(fx) == ["over", "updated"]
    (over,) = fx.matches
    assert (over.version, over.finishers, over.reason) == (1, (), versions.UPDATED)
    assert (game.room.phase, game.room.version, game.live.state) == ("waiting", 2, None)
    assert fx.unjournalled == [1], "a replay of half a match by rules that are gone is none"
    assert [sitter.player for sitter in game.room.seats] == [ANN, BOB]


def test_the_result_of_a_finished_match_gives_way_too() -> None:
    game = begun()
    win(game)
    assert game.room.phase == "finished"
    fx = deploy(game, NEW)
    assert fx is not None
    assert fx.matches == []
    assert (game.room.phase, game.room.outcome) == ("waiting", None)


def test_a_newer_room_is_left_alone() -> None:
    game = begun()
    game.room.version = 7
    with pytest.raises(versions.Unplayable, match="version 7 of tictactoe, and here is version 1"):
        deploy(game, OLD)


@pytest.mark.parametrize(
    "broken",
    [lambda version, old: old["nothing"], lambda version, old: {"board": 5}, lambda version, old: object()],
    ids=["raises", "wrong shape", "no value"],
)
def test_a_migration_that_fails_leaves_the_room_alone(broken: Any) -> None:
    game = begun()
    before = dump_live(game.live)
    with pytest.raises(versions.Unplayable, match="could not be migrated"):
        deploy(game, replace(NEW, migrate=broken))
    assert dump_live(game.live) == before


def test_a_paused_match_is_migrated_paused_and_can_be_resumed() -> None:
    """How a fault is mended: repair the rules, raise the version, deploy, resume."""

    def broken(*_: Any) -> Any:
        raise RuntimeError("a bug of version 1")

    game = begun()
    game.live.rules = replace(OLD, step=broken)
    assert "paused" in kinds(move(game, 0))
    deploy(game, MIGRATING)
    assert game.room.fault is not None
    game.act(Operate("resume"))
    assert codes(move(game, 1)) == []


@pytest.mark.parametrize(("least", "most", "size"), [(3, 4, 3), (2, 2, 2)])
def test_seats_follow_the_new_rules(least: int, most: int, size: int) -> None:
    game = Driver()
    game.attach(ANN)
    deploy(game, replace(NEW, seats=Seats(least, most)))
    assert (game.room.size, len(game.room.seats)) == (size, size)


def test_a_room_with_more_players_than_the_new_rules_have_seats_is_closed() -> None:
    game = Driver()
    game.attach(ANN)
    game.attach(BOB)
    fx = deploy(game, replace(NEW, seats=Seats(1, 1)))
    assert fx is not None
    assert fx.closed
    assert fx.events[-1].body == {"reason": versions.TOO_MANY}
    assert len(fx.farewells) == 2


def test_options_that_still_fit_are_kept() -> None:
    class Next(msgspec.Struct, forbid_unknown_fields=True):
        score: int = 5
        walls: Literal["on", "off"] = "off"

    rules = replace(NEW, options=Next)
    assert versions.fit_options(rules, {"score": 9, "walls": True, "gone": 1}) == {"score": 9, "walls": "off"}


def test_rules_of_names_the_rules_a_pass_is_undone_to() -> None:
    live = Live(begun().room, NEW, begun().live.bounds)
    assert versions.rules_of(live, 1) is NEW, "the old ones are not here"
    live.rules = WITH_OLDER
    assert versions.rules_of(live, 1) is OLD
    assert versions.rules_of(versions.keep_older(Live(live.room, OLD, live.bounds), WITH_OLDER), 1) is OLD
    assert versions.rules_of(live, 2) is WITH_OLDER


Said = some.lists(some.tuples(some.sampled_from([ANN, BOB]), some.integers(0, 8)), max_size=12)


@settings(max_examples=40, deadline=None)
@given(Said, some.sampled_from([NEW, MIGRATING, WITH_OLDER]))
def test_an_update_keeps_seats_seqs_and_what_was_told(said: Any, rules: Rules) -> None:
    """Whatever was played: nobody loses a seat, no input counts twice, no event is lost or numbered twice."""
    game = Driver()
    game.play()
    for player, cell in said:
        game.do(player, MoveBody(msgspec.msgpack.encode({"cell": cell})))
    room = game.room
    seats = [sitter.player for sitter in room.seats]
    seqs, sockets, offset = dict(room.seqs), dict(room.sockets), room.offset
    events = [told.offset for told in game.live.events]
    deploy(game, rules)
    room = game.room
    assert [sitter.player for sitter in room.seats] == seats
    assert (room.seqs, room.sockets) == (seqs, sockets)
    told = [one.offset for one in game.live.events]
    assert told[: len(events)] == events
    assert told == list(range(told[0], room.offset + 1))
    assert room.offset >= offset
    again = game.do(ANN, ChatBody("again"), seq=seqs[ANN.id])
    assert kinds(again) == [], "a seq that counted before the update does not count again"
    assert game.socket(ANN) in again.acks
