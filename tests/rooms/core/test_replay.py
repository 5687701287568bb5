"""Replays: whatever was played is played again to the same end, and whatever was changed is found where it is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from rooms.core import journal
from rooms.core.effects import Effects
from rooms.core.game import Place
from rooms.core.inputs import BotBody, LeaveBody, MoveBody, Operate
from rooms.core.journal import Begun, Ended, Given, Gone, Line, Mark, Record, Sat, Stepped
from rooms.core.match import abandon
from rooms.core.replay import Rerun, verify
from rooms.core.rng import Rng
from rooms.core.tape import read_tape
from rooms.games import get_rules
from tests.rooms.core.driver import ANN, BOB, CAT, Driver
from tests.rooms.core.recording import GAMES, Recorder, begin, record, recorded

ENCODER = msgspec.msgpack.Encoder()


def raw_of(lines: list[Line]) -> bytes:
    return ENCODER.encode(lines)


def rechained(records: Sequence[Record]) -> bytes:
    """What somebody writes who knows how the chain is made."""
    lines, check = [], 0
    for one in records:
        check = journal.chain(ENCODER.encode(one), check)
        lines.append(Line(one, check))
    return raw_of(lines)


def records_of(raw: bytes) -> list[Record]:
    return [line.record for line in journal.read_lines(raw)]


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("seed", range(3))
def test_a_match_is_replayed_to_the_same_end(game: str, seed: int) -> None:
    driver, raw = record(game, seed)
    verdict = verify(raw, driver.rules)
    assert verdict.ok, verdict.message
    assert (verdict.code, verdict.ticks) == ("same", driver.room.match_tick)
    assert verdict.ms == driver.room.ms - driver.room.match_ms


@pytest.mark.parametrize("game", GAMES)
def test_the_last_moment_is_the_state_that_the_room_had(game: str) -> None:
    driver, raw = record(game, 7)
    moments = list(Rerun(read_tape(raw), driver.rules).moments())
    assert [moment.tick for moment in moments] == list(range(driver.room.match_tick + 1))
    assert journal.digest(moments[-1].state, driver.rules) == journal.digest(driver.live.state, driver.rules)
    assert moments[-1].outcome == driver.room.outcome
    assert [moment.outcome for moment in moments[:-1]] == [None] * driver.room.match_tick


@pytest.mark.parametrize("game", GAMES)
def test_every_changed_input_is_found_at_its_tick(game: str) -> None:
    driver, raw = recorded(game)
    lines = journal.read_lines(raw)
    steps = [at for at, line in enumerate(lines) if isinstance(line.record, Stepped) and line.record.given]
    assert len(steps) > 3
    for at in random.Random(1).sample(steps, min(20, len(steps))):
        step = lines[at].record
        assert isinstance(step, Stepped)
        given = msgspec.structs.replace(step.given[0], seq=step.given[0].seq + 1)
        forged = msgspec.structs.replace(step, given=(given, *step.given[1:]))
        verdict = verify(raw_of([*lines[:at], Line(forged, lines[at].check), *lines[at + 1 :]]), driver.rules)
        assert (verdict.ok, verdict.code, verdict.tick) == (False, "changed", step.tick)


@pytest.mark.parametrize(("game", "every"), [("arena", 7), ("snake", 1)])
def test_a_forged_chain_is_found_between_two_marks(game: str, every: int) -> None:
    """Some controls hardly matter; of those that do, every one is found before the next digest is passed."""
    driver, raw = recorded(game)
    records = records_of(raw)
    marks = [0, *(one.tick for one in records if isinstance(one, Mark | Ended))]
    found = 0
    for at, one in enumerate(records):
        if not isinstance(one, Stepped) or at % every:
            continue
        verdict = verify(rechained([*records[:at], *records[at + 1 :]]), driver.rules)
        after = min(mark for mark in marks if mark >= one.tick)
        if verdict.ok:
            continue
        found += 1
        assert verdict.tick is not None
        assert verdict.since is not None
        assert verdict.since < one.tick <= verdict.tick <= after
    assert found > 3


def test_a_forged_move_of_a_turn_game_is_found() -> None:
    driver, raw = recorded("tictactoe")
    records = records_of(raw)
    steps = [(at, one) for at, one in enumerate(records) if isinstance(one, Stepped)]
    at, step = next((at, step) for at, step in steps if [given.refused for given in step.given] == [""])
    for cell in range(9):
        move = msgspec.msgpack.encode({"cell": cell})
        forged = msgspec.structs.replace(step, given=(msgspec.structs.replace(step.given[0], move=move),))
        verdict = verify(rechained([*records[:at], forged, *records[at + 1 :]]), driver.rules)
        assert verdict.ok == (move == step.given[0].move)


def with_change(records: list[Record], kind: type, **changes: Any) -> list[Record]:
    """The same with the first record of a kind changed."""
    at = next(at for at, one in enumerate(records) if isinstance(one, kind))
    changed: Any = msgspec.structs.replace(records[at], **changes)
    return [*records[:at], changed, *records[at + 1 :]]


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        (Begun, {"seed": "another"}, "another than it was"),
        (Begun, {"options": {"nonsense": 1}}, "raised TypeError"),
        (Begun, {"hz": 20}, "ticked at 20 Hz"),
        (Stepped, {"given": ()}, ""),
        (Stepped, {"given": (Given(0, ANN.id, 1, b"\xc1"),)}, "no move of"),
        (Stepped, {"given": (Given(0, CAT.id, 1, b"\x80"),)}, "who does not play there"),
        (Stepped, {"tick": 9}, "a step is missing"),
        (Ended, {"reason": "luck"}, "places or the reason"),
        (Ended, {"places": (Place(0, 1),)}, "places or the reason"),
        (Ended, {"digest": "0" * 16}, "another than it was"),
        (Ended, {"ms": -1}, "before its last step"),
    ],
)
def test_what_is_changed_with_a_forged_chain_is_told(kind: type, changes: dict[str, Any], words: str) -> None:
    driver, raw = recorded("tictactoe")
    verdict = verify(rechained(with_change(records_of(raw), kind, **changes)), driver.rules)
    assert (verdict.ok, verdict.code) == (False, "different")
    assert words in verdict.message


def test_a_refusal_is_compared() -> None:
    driver, raw = recorded("tictactoe")
    records = records_of(raw)
    steps = [(at, one) for at, one in enumerate(records) if isinstance(one, Stepped)]
    at, step = next((at, step) for at, step in steps if any(given.refused for given in step.given))
    given = tuple(msgspec.structs.replace(one, refused="") for one in step.given)
    forged = msgspec.structs.replace(step, given=given)
    verdict = verify(rechained([*records[:at], forged, *records[at + 1 :]]), driver.rules)
    assert (verdict.code, verdict.tick) == ("different", step.tick)
    assert "was then taken, and is now" in verdict.message


def test_a_missing_mark_is_told() -> None:
    driver, raw = recorded("arena")
    records = records_of(raw)
    verdict = verify(rechained([one for one in records if not isinstance(one, Mark)]), driver.rules)
    assert (verdict.tick, verdict.code) == (journal.MARK_EVERY, "different")
    assert "digest that belongs here is missing" in verdict.message


def test_a_match_that_the_rules_end_cannot_go_on() -> None:
    driver, raw = recorded("tictactoe")
    *records, end = records_of(raw)
    assert isinstance(end, Ended)
    assert "goes on" in verify(rechained([*records, Gone(end.tick, 0), end]), driver.rules).message
    assert "is cut" not in verify(rechained(records), driver.rules).message
    rules = replace(driver.rules, outcome=lambda state: None)
    assert "the rules do not" in verify(raw, rules).message


def test_a_cut_off_journal_is_told() -> None:
    driver, raw = recorded("snake")
    records = records_of(raw)
    verdict = verify(rechained(records[:-1]), driver.rules)
    assert verdict.code in ("cut", "different")
    verdict = verify(rechained(records[: len(records) // 2]), driver.rules)
    assert verdict.code == "cut"
    assert 0 < verdict.ticks < driver.room.match_tick


def test_rules_of_another_version_are_refused() -> None:
    driver, raw = recorded("tictactoe")
    verdict = verify(raw, replace(driver.rules, version=2))
    assert (verdict.ok, verdict.code) == (False, "other_version")
    assert "version 1 of tictactoe; these rules are version 2" in verdict.message
    assert verify(raw, get_rules("snake")).code == "other_version"


def test_rules_that_raise_now_are_a_difference() -> None:
    def step(*_: Any) -> Any:
        raise RuntimeError("oh")

    driver, raw = recorded("tictactoe")
    verdict = verify(raw, replace(driver.rules, step=step))
    assert (verdict.tick, verdict.message) == (1, "The replay differs at tick 1: the rules raised RuntimeError: oh.")


def test_a_match_that_was_given_up_is_replayed_as_far_as_it_went() -> None:
    driver = Driver(get_rules("arena"))
    lines = Recorder(driver)
    lines.take(*begin(driver))
    for _ in range(30):
        lines.take(driver.pass_(50))
    fx = Effects()
    abandon(driver.live, "The room was closed.", fx)
    lines.take(fx)
    verdict = verify(lines.raw, driver.rules)
    assert verdict.ok, verdict.message
    assert read_tape(lines.raw).ended is not None
    assert verdict.ticks == 30


def test_a_leaver_ends_a_match_whose_rules_know_no_leaving() -> None:
    driver = Driver()
    lines = Recorder(driver)
    lines.take(*begin(driver), driver.do(BOB, LeaveBody()))
    verdict = verify(lines.raw, driver.rules)
    assert verdict.ok, verdict.message
    rules = get_rules("arena")
    assert rules.leave is not None


def test_those_who_come_and_go_do_so_again() -> None:
    rules = get_rules("arena")
    driver = Driver(rules, size=4)
    lines = Recorder(driver)
    lines.take(*begin(driver))
    for number in range(250):
        fx = [driver.pass_(50)]
        if number == 20:
            fx.append(driver.do(ANN, BotBody("easy")))
        if number == 60:
            fx.append(driver.attach(CAT, "play"))
        if number == 90:
            fx.append(driver.do(BOB, LeaveBody()))
            driver.kill()
        lines.take(*fx)
    end = Effects()
    abandon(driver.live, "Enough.", end)
    lines.take(end)
    kinds = {type(one) for one in records_of(lines.raw)}
    assert {Sat, Gone, Mark} <= kinds
    verdict = verify(lines.raw, rules)
    assert verdict.ok, verdict.message
    without = [one for one in records_of(lines.raw) if not isinstance(one, Gone)]
    assert verify(rechained(without), rules).code == "different"


@pytest.mark.parametrize("game", GAMES)
def test_it_goes_on_from_any_checkpoint(game: str) -> None:
    driver, raw = recorded(game)
    tape = read_tape(raw)
    whole = [journal.digest(moment.state, driver.rules) for moment in Rerun(tape, driver.rules).moments()]
    rerun = Rerun(tape, driver.rules)
    every = max(1, len(whole) // 5)
    stops = [rerun.checkpoint() for moment in rerun.moments() if moment.tick % every == 0 and moment.outcome is None]
    assert len(stops) >= 4
    for stop in stops:
        moments = Rerun(tape, driver.rules, stop).moments()
        assert [journal.digest(moment.state, driver.rules) for moment in moments] == whole[stop.tick :]


def test_a_moment_tells_what_happened_in_it() -> None:
    driver, raw = recorded("battleship")
    moments = list(Rerun(read_tape(raw), driver.rules).moments())
    assert moments[0].events == ()
    assert {event.kind for moment in moments for event in moment.events} >= {"placed", "shot"}
    assert all(moment.given or moment.events for moment in moments[1:])


def test_an_endless_journal_is_no_endless_work() -> None:
    """Honest journals have a mark every so many ticks, so a far tick in a forged one is found at the next mark."""
    driver, raw = recorded("arena")
    records = records_of(raw)
    end = records[-1]
    assert isinstance(end, Ended)
    forged = [*records[:1], msgspec.structs.replace(end, tick=10**12)]
    verdict = verify(rechained(forged), driver.rules)
    assert verdict.ticks == journal.MARK_EVERY


def test_it_rests_before_each_step() -> None:
    driver, raw = recorded("tictactoe")
    rests: list[int] = []
    list(Rerun(read_tape(raw), driver.rules, rest=lambda: rests.append(1)).moments())
    assert len(rests) == driver.room.match_tick


@pytest.mark.parametrize("game", ["arena", "tictactoe"])
def test_a_pause_in_the_middle_leaves_no_trace(game: str) -> None:
    """The rules fail once; the operator lets the room go on; who left meanwhile has left then."""
    faults = [True]

    def flaky(*given: Any) -> Any:
        if given[2].tick == 3 and faults:
            faults.clear()
            raise RuntimeError("once")
        return rules.step(*given)

    rules = get_rules(game)
    driver = Driver(replace(rules, step=flaky), size=rules.seats.max)
    lines = Recorder(driver)
    lines.take(*begin(driver))
    for number in range(30):
        moves = [driver.command((ANN, BOB)[seat], body) for seat, body in by_lot(driver, number)]
        driver.now = driver.room.ms + 50
        lines.take(driver.act(*moves))
        if driver.room.fault is not None:
            driver.now += 60_000
            lines.take(driver.do(BOB, LeaveBody()), driver.act(Operate("resume")))
        if driver.room.phase != "playing":
            break
    assert not faults
    end = Effects()
    abandon(driver.live, "Enough.", end)
    lines.take(end)
    assert Gone in {type(one) for one in records_of(lines.raw)}
    verdict = verify(lines.raw, rules)
    assert verdict.ok, verdict.message


def by_lot(driver: Driver, number: int) -> list[tuple[int, MoveBody]]:
    """A move of each seat that has one."""
    found = [(seat, driver.rules.sample_move(driver.live.state, seat, Rng(number, seat))) for seat in (0, 1)]
    return [(seat, MoveBody(ENCODER.encode(move))) for seat, move in found if move is not None]
