"""What every game owes. Each law is a function of a game's `Rules` that raises AssertionError where it is
broken.

`LAWS` lists them all; tests/laws/test_laws.py holds every game that is found to every law. The author of a
game calls them on their own: `for law in LAWS: law(rules)`. tests/laws/test_broken_games.py shows that each
law catches a game that breaks it.
"""

from __future__ import annotations

import itertools
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rooms.core.game import Input, Now, Outcome, Rules
from rooms.core.ids import Seat
from rooms.core.shape import shape_of
from rooms.games.registry import SLUG
from tests.laws.match import Mover, Played, Trial, by_bots, by_lot, digest, finish, idle, play
from tests.laws.shapes import values_of

STEPS = 250
"""Steps of a match that the laws about every step look at."""
VIEW_BYTES = 16_384
"""The most that a view may take as JSON: twenty of them a second go to every viewer."""
CHECKOUT = Path(__file__).resolve().parents[2]

Law = Callable[[Rules], None]


# -- declarations


def declares_what_it_is(rules: Rules) -> None:
    """Slug, texts, tick rate and strengths keep their limits; options, moves and relays are described by a schema."""
    assert SLUG.match(rules.slug), "the slug does not fit URLs and files"
    assert 0 < len(rules.summary) <= 120, "SUMMARY is one sentence for the gallery"
    assert rules.tick_hz == 0 or 1000 % rules.tick_hz == 0, "TICK_HZ must divide 1000"
    assert not (rules.tick_hz and rules.deadline), "a game with ticks needs no deadline"
    assert all(0 < len(name) <= 20 for name in rules.strengths)
    assert not rules.bot or len(rules.strengths) >= 1, "a bot needs STRENGTHS"
    assert not rules.bot or rules.bot_every_ms > 0, "a bot needs a pace, BOT_EVERY_MS"
    for shape in (rules.options, rules.move, *rules.relays.values()):
        assert msgspec.json.schema(shape)
    defaults = rules.options()
    assert msgspec.convert(msgspec.to_builtins(defaults), rules.options) == defaults, "its own defaults"
    assert not takes({"no such field": 1}, rules.options), "Options must refuse unknown fields"


def takes(tree: Any, shape: Any) -> bool:
    """Whether a plain tree is of a type."""
    try:
        msgspec.convert(tree, shape)
    except msgspec.ValidationError:
        return False
    return True


# -- determinism and storage


def same_inputs_same_bytes(rules: Rules) -> None:
    """The same seed and inputs give the same states, views, events and refusals, in any process."""
    here = digest(rules, "same")
    assert here == digest(rules, "same"), "a second run in this process differs: some global state"
    path = os.pathsep.join(filter(None, sys.path))
    environment = os.environ | {"PYTHONHASHSEED": "4711", "PYTHONPATH": path}
    command = [sys.executable, "-m", "tests.laws.match", rules.slug, "same"]
    other = subprocess.run(command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert other.returncode == 0, other.stderr
    assert here == other.stdout.strip(), "another process differs: a set's order or hash() decides something"


def survives_storage(rules: Rules) -> None:
    """A state that was kept as msgpack or JSON and read again is the same state."""
    for trial, _ in every_step(rules):
        packed = trial.dump()
        assert msgspec.msgpack.encode(msgspec.msgpack.decode(packed, type=rules.state)) == packed
        as_json = msgspec.json.encode(trial.state)
        assert msgspec.msgpack.encode(msgspec.json.decode(as_json, type=rules.state)) == packed, "JSON lost it"


def goes_on_after_a_kill(rules: Rules) -> None:
    """A match whose state is stored and read at every step goes as one that never was."""
    for mover in movers(rules):
        whole, killed = (Trial(rules, range(rules.seats.max), "kill") for _ in range(2))
        for _ in range(STEPS):
            if whole.outcome() is not None:
                break
            killed.load(killed.dump())
            inputs = mover(whole)
            assert msgspec.msgpack.encode(inputs) == msgspec.msgpack.encode(mover(killed))
            ours, theirs = whole.step(inputs), killed.step(inputs)
            told = (ours.events, ours.rejections) == (theirs.events, theirs.rejections)
            same = told and whole.dump() == killed.dump()
            assert same, f"step {whole.tick} differs after a kill"


def keeps_no_references(rules: Rules) -> None:
    """Whatever is done to an event or an input afterwards, the state stays as it is; and looking changes nothing.

    A view may share with the state: it is encoded before anything else happens.
    """
    for trial, played in every_step(rules):
        before = trial.dump()
        for viewer in trial.viewers():
            trial.tree(viewer)
        assert trial.dump() == before, "to look at it changed the state"
        wreck([event.body for event in played.step.events])
        wreck([given.move for given in played.inputs])
        assert trial.dump() == before, "an event's body or a move shares something with the state"


def wreck(value: Any) -> None:
    """Spoil everything in a value that can be changed."""
    if isinstance(value, list):
        for item in value:
            wreck(item)
        value.clear()
    elif isinstance(value, dict):
        for item in value.values():
            wreck(item)
        value.clear()
    elif isinstance(value, tuple):
        for item in value:
            wreck(item)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            wreck(getattr(value, name))
            if not value.__struct_config__.frozen:
                setattr(value, name, None)


# -- what is seen


def shows_plain_values(rules: Rules) -> None:
    """Views and events are trees of plain values of a bounded size, and a view is read back as it was."""
    for trial, played in every_step(rules):
        for viewer in trial.viewers():
            tree = trial.tree(viewer)
            assert_plain(tree)
            assert msgspec.to_builtins(msgspec.convert(tree, rules.view_type)) == tree
            assert len(msgspec.json.encode(tree)) <= VIEW_BYTES, f"a view of more than {VIEW_BYTES} bytes"
            assert_tables(rules, tree)
        for event in played.step.events:
            assert 0 < len(event.kind) <= 20
            assert_plain(event.body)
            assert event.seats is None or set(event.seats) <= set(trial.seats)


def assert_tables(rules: Rules, tree: Any) -> None:
    """Rows of tables have whole numbers within 2**52: so their differences are exact in JavaScript too."""
    for field in shape_of(rules.view_type):
        rows = tree[field.name] if field.columns else ()
        assert all(type(cell) is int and abs(cell) <= 2**52 for row in rows for cell in row), field.name


def assert_plain(tree: Any) -> None:
    """A tree is None, bool, int up to 2**53 (what JavaScript holds), finite float, str, list, dict with str keys."""
    if type(tree) is dict:
        assert all(type(key) is str for key in tree), "a key is no str"
        tree = list(tree.values())
    if type(tree) is list:
        for item in tree:
            assert_plain(item)
        return
    assert tree is None or type(tree) in (bool, int, float, str), f"{type(tree).__name__} is no plain value"
    assert type(tree) is not int or abs(tree) <= 2**53, "an int that JavaScript cannot hold"
    assert type(tree) is not float or math.isfinite(tree)


def tells_no_secrets(rules: Rules) -> None:
    """Not HIDDEN: all see the same. HIDDEN: states that differ in a seat's unknowns alone look the same to it."""
    if not rules.hidden and rules.private is None:
        for trial, _ in every_step(rules):
            views = {msgspec.msgpack.encode(rules.view(trial.state, viewer)) for viewer in trial.viewers()}
            assert len(views) == 1, "views differ without HIDDEN"
        return
    told_apart = 0
    for trial, played in every_step(rules):
        for viewer in trial.viewers():
            other = twin_of(trial, viewer)
            told_apart += other.dump() != trial.dump()
            assert other.view(viewer) == trial.view(viewer), f"the view of {viewer} tells a secret"
        assert_refuses_alike(trial, played)
    assert told_apart, "twin never gave another state: the law has seen no secret"


def twin_of(trial: Trial, viewer: Seat | None) -> Trial:
    """A match that `viewer` cannot tell from this one, by the game's own `twin`."""
    twin = getattr(sys.modules[trial.rules.view.__module__], "twin", None)
    assert twin is not None, "a game with secrets offers twin(state, seat, rng): see docs/games.md"
    other = trial.copy()
    other.state = twin(other.state, viewer, trial.rng("twin", viewer))
    return other


def assert_refuses_alike(trial: Trial, played: Played) -> None:
    """Moves of this step, tried again by their seats, are refused with the same words in a twin."""
    for given_move in played.inputs:
        here, there = trial.copy(), twin_of(trial, given_move.seat)
        ours, theirs = here.step([given_move]).rejections, there.step([given_move]).rejections
        assert ours == theirs, f"a refusal tells seat {given_move.seat} what it may not know"


# -- moves


def takes_legal_moves(rules: Rules) -> None:
    """What sample_move and legal_moves offer is never refused, and is a move that the wire can carry."""
    for trial, _ in every_step(rules, STEPS // 3):
        for seat in trial.seats:
            offered = list(rules.legal_moves(trial.state, seat)) if rules.legal_moves else []
            sampled = rules.sample_move(trial.state, seat, trial.rng("sample", seat))
            assert sampled is None or not rules.legal_moves or sampled in offered, "not in legal_moves"
            trial.rng("offered", seat).shuffle(offered)
            for move in offered[:4] if sampled is None else [sampled, *offered[:4]]:
                raw = msgspec.json.encode(move)
                assert msgspec.json.decode(raw, type=rules.move) == move, "not a Move"
                refused = trial.copy().step([Input(seat, move)]).rejections
                assert not refused, f"seat {seat} was offered {move} and refused it: {refused}"


def refuses_the_rest(rules: Rules) -> None:
    """Moves out of the blue raise nothing, and a refused one changes nothing; only legal_moves are taken."""
    moments = [trial.copy() for trial, _ in every_step(rules, STEPS // 3)]

    @settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(moment=st.sampled_from(moments), pick=st.integers(0, 255), move=values_of(rules.move))
    def fuzz(moment: Trial, pick: int, move: Any) -> None:
        seat = moment.seats[pick % len(moment.seats)]
        legal = rules.legal_moves(moment.state, seat) if rules.legal_moves else None
        after, untouched = moment.copy(), moment.copy()
        refused = after.step([Input(seat, move)]).rejections
        assert all(no.index == 0 and no.code and no.message for no in refused)
        assert len(refused) <= 1, "one move was refused twice"
        assert legal is None or (move in legal) is not bool(refused), f"legal_moves differs on {move}"
        if refused:
            untouched.tick = after.tick
            untouched.advance([], Now(after.tick, after.ms))
            assert after.dump() == untouched.dump(), f"{move} was refused and changed the state"

    fuzz()


def order_of_seats_is_nothing(rules: Rules) -> None:
    """Where all move at once, the order in which the moves of a tick arrived from different seats decides nothing."""
    if not rules.tick_hz:
        return
    for trial, played in every_step(rules):
        if len(played.inputs) > 1:
            results = set()
            for inputs in itertools.islice(itertools.permutations(played.inputs), 6):
                again = trial.copy()
                again.load(played.before)
                again.tick -= 1
                step = again.step(list(inputs))
                results.add((again.dump(), msgspec.msgpack.encode(step.events)))
            assert len(results) == 1, "the order of arrival within a tick decides something"


# -- the course of a match


def comes_to_an_end(rules: Rules) -> None:
    """Players by lot and bots of every strength come to an outcome; with ticks or deadlines, so do idle ones."""
    for mover in [*movers(rules), *([idle] if rules.tick_hz or rules.deadline else [])]:
        trial = Trial(rules, range(rules.seats.min), "end")
        outcome = finish(trial, mover)
        assert outcome is not None, "no outcome within the bound"
        assert_places(trial, outcome)
        assert rules.deadline is None or trial.deadline() is None, "a match that is over has no deadline"


def assert_places(trial: Trial, outcome: Outcome) -> None:
    """Every seat that took part has one place; ranks begin at 1 and count those who did better."""
    assert {place.seat for place in outcome.places} == trial.took_part, "not who took part"
    assert len(outcome.places) == len(trial.took_part), "a seat has two places"
    for place in outcome.places:
        better = sum(other.rank < place.rank for other in outcome.places)
        assert place.rank == better + 1, f"rank {place.rank} with {better} who did better"
    assert len(outcome.reason) <= 80


def seats_any_number(rules: Rules) -> None:
    """It can be set up for every number of seats, in any places at the table, and be played."""
    for count in range(rules.seats.min, rules.seats.max + 1):
        for seats in {tuple(range(count)), tuple(range(rules.seats.max - count, rules.seats.max))}:
            trial = Trial(rules, seats, f"seats {count}")
            for _ in play(trial, by_lot, 40):
                for viewer in trial.viewers():
                    assert_plain(trial.tree(viewer))


def comes_and_goes(rules: Rules) -> None:
    """Players leave and join at any moment, and the match stays one: seen, stored, ended with all in their places."""
    if rules.leave is None and not rules.late_join:
        return
    for seed in range(3):
        trial = Trial(rules, some_seats(rules), f"come and go {seed}")
        for _ in play(trial, by_lot, STEPS):
            assert takes_storage(trial)
            for viewer in trial.viewers():
                assert_plain(trial.tree(viewer))
            come_or_go(trial)
        outcome = finish(trial, by_lot)
        assert outcome is not None, "no outcome after players came and went"
        assert_places(trial, outcome)


def come_or_go(trial: Trial) -> None:
    """In one step of five somebody leaves, in one of five somebody joins."""
    rng, rules = trial.rng("come or go"), trial.rules
    chance = rng.below(5)
    if chance == 0 and rules.leave is not None and trial.seats and trial.outcome() is None:
        trial.leave(rng.choice(trial.seats))
    elif chance == 1 and rules.late_join and trial.outcome() is None and len(trial.seats) < rules.seats.max:
        trial.join(rng.choice(sorted(set(range(rules.seats.max)) - set(trial.seats))))


def takes_storage(trial: Trial) -> bool:
    raw = trial.dump()
    return msgspec.msgpack.encode(msgspec.msgpack.decode(raw, type=trial.rules.state)) == raw


def keeps_its_deadlines(rules: Rules) -> None:
    """A deadline that has come is dealt with: the step at it leaves none, or a later one."""
    if rules.deadline is None:
        return
    for mover in (idle, by_lot):
        trial = Trial(rules, range(rules.seats.max), "late")
        for _ in play(trial, mover, STEPS):
            due = trial.deadline()
            assert due is None or due > trial.ms, "the deadline has passed and stays: the engine would spin"


def bots_play_by_the_rules(rules: Rules) -> None:
    """No strength ever makes a move that is refused; on a seat that is not playing a bot keeps still."""
    if rules.bot is None:
        return
    for strength in rules.strengths:
        for count in {rules.seats.min, rules.seats.max}:
            trial = Trial(rules, range(count), f"bots {strength}")
            for played in play(trial, by_bots(strength), STEPS):
                assert not played.step.rejections, f"{strength}: {played.step.rejections}"
                for given_move in played.inputs:
                    assert takes(msgspec.to_builtins(given_move.move), rules.move)


def movers(rules: Rules) -> list[Mover]:
    """All the ways in which the laws play a game."""
    return [by_lot, *(by_bots(strength) for strength in rules.strengths if rules.bot)]


def every_step(rules: Rules, bound: int = STEPS) -> Iterator[tuple[Trial, Played]]:
    """The first steps of some matches: by lot at full table, and between bots of all strengths."""
    ways: list[tuple[Mover, Sequence[Seat]]] = [(by_lot, range(rules.seats.max))]
    if rules.bot:
        ways.append((by_bots(*rules.strengths), some_seats(rules)))
    for mover, seats in ways:
        trial = Trial(rules, seats, "laws")
        for played in play(trial, mover, bound):
            yield trial, played


def some_seats(rules: Rules) -> Sequence[Seat]:
    """A table that is neither full nor taken from the first seat on, where the game allows that."""
    seats = range(1, max(rules.seats.max - 1, rules.seats.min + 1))
    return seats if seats.stop <= rules.seats.max else range(rules.seats.min)


LAWS: tuple[Law, ...] = (
    declares_what_it_is,
    same_inputs_same_bytes,
    survives_storage,
    goes_on_after_a_kill,
    keeps_no_references,
    shows_plain_values,
    tells_no_secrets,
    takes_legal_moves,
    refuses_the_rest,
    order_of_seats_is_nothing,
    comes_to_an_end,
    seats_any_number,
    comes_and_goes,
    keeps_its_deadlines,
    bots_play_by_the_rules,
)
