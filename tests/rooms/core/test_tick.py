"""Passes over a room: order, counting once, kills in the middle, faults."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as replace_

from rooms.core import inputs, tick
from rooms.core.game import Event, Input, Rejection, Step
from rooms.core.ids import PlayerId, SocketId, WebId
from rooms.core.inputs import Attach, ChatBody, Command, MoveBody
from rooms.core.journal import Given
from rooms.core.room import dump_live
from rooms.games import get_rules
from tests.rooms.core.driver import ANN, BOB, CAT, ROOM, Driver, codes, kinds


@pytest.fixture
def game() -> Driver:
    driver = Driver()
    driver.play()
    return driver


def mover(game: Driver) -> Any:
    """Who is to move."""
    return (ANN, BOB)[game.live.state.turn]


def test_a_move_counts_once_however_often_it_comes(game: Driver) -> None:
    who = mover(game)
    game.move(who, {"cell": 4}, seq=10)
    cells = list(game.live.state.cells)
    again = game.move(who, {"cell": 5}, seq=10)
    assert list(game.live.state.cells) == cells
    assert again.acks == {game.socket(who)}, "a duplicate is acknowledged again"
    assert codes(again) == []


def test_older_seqs_never_count(game: Driver) -> None:
    who = mover(game)
    game.move(who, {"cell": 4}, seq=10)
    other = mover(game)
    game.move(other, {"cell": 0}, seq=3)
    late = game.move(who, {"cell": 1}, seq=9)
    assert late.refusals == []
    assert game.live.state.cells[1] == -1


def test_a_refused_move_is_answered_with_its_seq_and_counts_as_answered(game: Driver) -> None:
    who = BOB if mover(game) is ANN else ANN
    fx = game.move(who, {"cell": 4}, seq=20)
    assert [(no.seq, no.code) for no in fx.refusals] == [(20, "not_your_turn")]
    assert game.room.seqs[who.id] == 20


@pytest.mark.parametrize("raw", [b"", b"\xc1", b"\x81\xa4cell\xa1x", b"\x81\xa4cell\x63", b"\x90"])
def test_bytes_that_are_no_move_are_refused(game: Driver, raw: bytes) -> None:
    who = mover(game)
    state = game.live.state
    fx = game.do(who, MoveBody(raw))
    assert codes(fx) == ["bad_move"]
    assert game.live.state == state


def test_a_stranger_cannot_move_for_somebody(game: Driver) -> None:
    game.attach(CAT, "watch")
    forged = inputs.Command(game.socket(CAT), mover(game).id, 50, MoveBody(b"\x81\xa4cell\x04"))
    game.act(forged)
    assert list(game.live.state.cells) == [-1] * 9
    assert codes(game.move(CAT, {"cell": 4})) == ["not_seated"]


def test_a_flood_of_moves_in_one_pass_is_bounded(game: Driver) -> None:
    who = mover(game)
    many = [game.command(who, MoveBody(b"\x81\xa4cell\x04")) for _ in range(300)]
    fx = game.act(*many)
    assert codes(fx).count("slow_down") == 300 - game.live.bounds.moves_per_step


def test_an_input_after_lost_ones_does_not_count_for_them(game: Driver) -> None:
    """Redis came back without the entries of 2 and 3: its player is told where it stands, and sends all again."""
    game.do(ANN, ChatBody("one"), seq=10)
    late = replace_(game.command(ANN, ChatBody("four"), seq=13), prev=12)
    fx = game.act(late)
    assert fx.events == []
    assert game.room.seqs[ANN.id] == 10
    assert list(fx.welcomes) == [game.socket(ANN)]
    again = [game.command(ANN, ChatBody(text), seq) for seq, text in ((11, "two"), (12, "three"), (13, "four"))]
    chain = [again[0], replace_(again[1], prev=11), replace_(again[2], prev=12)]
    assert [told.body["text"] for told in game.act(*chain).events] == ["two", "three", "four"]
    assert game.room.seqs[ANN.id] == 13


def test_the_last_refusals_of_a_player_are_kept(game: Driver) -> None:
    """Its socket may be gone before it has read them."""
    for seq in range(1, 2 * tick.REFUSALS):
        game.do(ANN, inputs.ReadyBody(True), seq=100 + seq)
    kept = game.room.refused[ANN.id]
    assert [seq for seq, _, _ in kept] == [100 + seq for seq in range(tick.REFUSALS, 2 * tick.REFUSALS)]
    assert {code for _, code, _ in kept} == {"not_waiting"}
    game.kill()
    assert game.room.refused[ANN.id] == kept


def test_the_room_remembers_where_the_log_was_applied(game: Driver) -> None:
    tick.advance(game.live, [("900-5", game.command(ANN, ChatBody("hello")), "")], game.now)
    assert game.room.applied == "900-5"


def test_a_rule_that_raises_pauses_the_room_and_undoes_the_tick(game: Driver) -> None:
    def broken(state: Any, *_: Any) -> Step[Any]:
        raise ZeroDivisionError("a bug in the rules")

    who, cells = mover(game), list(game.live.state.cells)
    game.live.rules = replace(game.live.rules, step=broken)
    fx = game.move(who, {"cell": 4})
    assert codes(fx) == ["paused"]
    assert kinds(fx) == ["paused"]
    assert list(game.live.state.cells) == cells
    assert "ZeroDivisionError" in game.room.fault.trace
    assert "ZeroDivisionError" not in str(fx.events), "players are not shown the trace"
    assert codes(game.move(who, {"cell": 4})) == ["paused"]
    assert kinds(game.do(who, ChatBody("oh"))) == ["chat"], "chat works in a paused room"


def test_ticks_are_exact_and_never_drift() -> None:
    game = Driver(get_rules("snake"))
    game.play()
    start = game.room.ms
    for n in range(1, 95):
        game.now += 104  # a late engine: the room's own time does not care
        game.act()
        if game.room.phase != "playing":
            break
        assert game.room.ms - start == n * 100


def test_room_time_and_tick_never_go_back(game: Driver) -> None:
    game.now = 5000
    game.do(ANN, ChatBody("a"))
    game.now = 10  # another engine's clock is behind
    before = game.room.tick
    game.do(ANN, ChatBody("b"))
    assert game.room.ms == 5000
    assert game.room.tick > before


def test_nothing_new_is_no_change(game: Driver) -> None:
    before = game.room.tick
    fx = game.pass_()
    assert not fx.changed
    assert game.room.tick == before


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 8), st.booleans()), max_size=40))
def test_a_kill_at_any_moment_changes_nothing(script: list[tuple[int, int, bool]]) -> None:
    """The same entries give the same bytes, whether or not the room was loaded anew between them."""
    steady, killed = Driver(), Driver()
    for verb, number, kill in script:
        who = (ANN, BOB, CAT)[number % 3]
        for game in (steady, killed):
            _do(game, verb, number, who)
        if kill:
            killed.kill()
    assert dump_live(steady.live) == dump_live(killed.live)
    assert list(steady.live.events) == list(killed.live.events)


def _do(game: Driver, verb: int, number: int, who: Any) -> None:
    game.now += 700
    actions: list[Any] = [
        lambda: game.attach(who),
        lambda: game.detach(who),
        lambda: game.move(who, {"cell": number}),
        lambda: game.do(who, inputs.ReadyBody(True)),
        lambda: game.do(who, inputs.StartBody()),
        lambda: game.do(who, inputs.RematchBody()),
        lambda: game.act(Attach(game.socket(who), WebId("w2"), who, 0, "play")),
    ]
    if game.room.phase != "closed":
        actions[verb]()


# -- what an engine keeps of a room


def test_the_room_keeps_its_newest_events_only() -> None:
    game = Driver()
    game.attach(ANN)
    for n in range(game.live.bounds.events + 10):
        game.now += 1000
        game.do(ANN, ChatBody(str(n)))
    assert len(game.live.events) == game.live.bounds.events
    assert game.live.events[-1].offset == game.room.offset


def test_a_seated_players_count_is_never_forgotten() -> None:
    game = Driver()
    game.live.bounds = msgspec.structs.replace(game.live.bounds, players=4)
    game.attach(ANN)
    game.do(ANN, ChatBody("I was here"), seq=7)
    game.detach(ANN)
    for n in range(6):
        passer = inputs.Player(PlayerId(f"p{n}"), f"P{n}")
        game.attach(passer, "watch")
        game.do(passer, ChatBody("hello"))
        game.detach(passer)
    assert game.room.seqs[ANN.id] == 7
    assert len(game.room.seqs) <= 5


# -- a web process that was counted as gone, and comes back with its sockets


def test_a_move_sent_while_the_web_process_was_counted_as_gone_counts(game: Driver) -> None:
    """Its client has an open socket and sends nothing twice: the next one's ack would cover a dropped move."""
    who = mover(game)
    seq = game.room.seqs[who.id] + 1
    game.act(inputs.Lapse(WebId("w")))
    game.move(who, {"cell": 4}, seq=seq)
    assert game.live.state.cells[4] != -1
    game.attach(who, web="w-again")
    assert game.room.seqs[who.id] == seq


def test_what_a_spectator_said_while_not_known_counts_once_it_is_said_again(game: Driver) -> None:
    """A later input, on its way before the new welcome, must not be counted ahead: its ack would cover the dropped."""

    def say(seq: int, prev: int) -> inputs.Command:
        return inputs.Command(game.socket(CAT), CAT.id, seq, ChatBody(f"line {seq}"), prev)

    game.attach(CAT, "watch")
    game.act(inputs.Lapse(WebId("w")))
    back = Attach(game.socket(CAT), WebId("w-again"), CAT, inputs.JSON, "watch", again=True)
    fx = game.act(say(1, 0), back, say(2, 1))
    assert game.socket(CAT) in fx.welcomes
    assert CAT.id not in game.room.seqs
    fx = game.act(say(1, 0), say(2, 1))
    assert [told.body["text"] for told in fx.events] == ["line 1", "line 2"]
    assert game.room.seqs[CAT.id] == 2


def test_a_move_from_a_replaced_socket_is_left_for_the_new_one_to_send_again(game: Driver) -> None:
    who = mover(game)
    game.act(Attach(SocketId("newer"), WebId("w2"), who, inputs.JSON))
    game.move(who, {"cell": 4}, seq=50)
    assert list(game.live.state.cells) == [-1] * 9
    assert game.room.seqs[who.id] < 50


@pytest.mark.parametrize("index", [99, 1, -1])
def test_a_tick_that_is_undone_has_told_nothing(game: Driver, index: int) -> None:
    """Nor does -1 mean the last one: a replay would not find it, and take the record for forged."""

    def half_done(state: Any, *_: Any) -> Step[Any]:
        return Step(state, (Event("secret", {}),), (Rejection(index, "no", "of an input that is not there"),))

    game.live.rules = replace(game.live.rules, step=half_done)
    assert kinds(game.move(mover(game), {"cell": 4})) == ["paused"]


def test_a_deadline_that_stays_past_pauses_the_room() -> None:
    game = Driver(replace(get_rules("tictactoe"), deadline=lambda state: 100))
    game.play()
    assert kinds(game.pass_(100)) == ["paused"]
    assert tick.next_due(game.live) is None, "nothing is due in a paused room with people in it"


def test_a_step_with_nothing_but_moves_that_count_is_plain() -> None:
    game = Driver(get_rules("arena"))
    game.attach(ANN)
    game.attach(BOB)
    game.do(BOB, inputs.ReadyBody(True))
    game.do(ANN, inputs.StartBody())
    assert game.pass_(50).plain
    assert game.move(ANN, {"turn": 1}).plain
    assert not game.do(BOB, ChatBody("hello")).plain
    assert not game.move(BOB, {"turn": 7}).plain, "a refusal is kept for the next welcome"
    assert not game.detach(BOB).plain
    assert game.pass_(50).plain
    assert game.live.alarm is not None, "the seat of whoever left is held for a while"
    while game.room.ms < game.live.alarm:
        assert game.pass_(50).plain
    assert "left" in kinds(game.pass_(50)), "and given up in time"
    assert not Driver().pass_(50).plain, "a room that does not tick has no plain passes"


def test_inputs_are_nothing_for_the_garbage_collector() -> None:
    """They come in thousands and are in no cycle; counted, they set off collections that find nothing."""
    raw = inputs.dump_entry(inputs.Entry(ROOM, Command(SocketId("s"), ANN.id, 1, MoveBody(b"\x80"))))
    entry = inputs.parse_entry(raw)
    assert isinstance(entry.act, Command)
    made: list[Any] = [entry, entry.act, entry.act.body, ANN, Given(0, ANN.id, 1, b""), Input(0, [])]
    assert [type(one).__name__ for one in made if gc.is_tracked(one)] == []
