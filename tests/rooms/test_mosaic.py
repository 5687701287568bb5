"""What each viewer of a room with private parts and cells is sent: all that it may see, and nothing else (law 5).

Engine side and hub side together: a driven room, its Stage, one Crowd for each web process, sockets that remember.
"""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.bots.track import Track
from rooms.core.effects import Effects
from rooms.core.ids import SocketId, WebId
from rooms.core.inputs import JSON, MSGPACK, Attach, Player, ReadyBody, Resync, StandBody, StartBody, Wire
from rooms.core.view import game_tree
from rooms.crowd import Crowd
from rooms.engine.broadcast import Stage
from rooms.link import SLOW_BYTES, Link
from rooms.protocol import server
from rooms.protocol.bus import CELL, dump_parcel, parse_parcel
from rooms.protocol.codec import parse_server
from tests.rooms.core.driver import ROOM, Driver, person
from tests.support import meadow
from tests.support.sockets import Ear

PEOPLE = [person(name) for name in ("Ann", "Bob", "Cat", "Dan")]


class Viewer:
    """A player's socket in one web process, and what it made of all that it was sent."""

    def __init__(self, player: Player, web: str, wire: Wire) -> None:
        self.player, self.web, self.wire = player, WebId(web), wire
        self.ear = Ear(wire)
        self.link = Link(ROOM, player, wire, self.ear)
        self.link.id = SocketId(f"s-{player.id}")
        self.track = Track()
        self.heard = 0
        self.said: list[server.FromServer] = []

    def read(self) -> None:
        for raw in self.ear.raw[self.heard :]:
            message = parse_server(raw, self.wire)
            self.said.append(message)
            if isinstance(message, server.Welcome):
                self.track.welcome(message)
            elif isinstance(message, server.Frame | server.Delta):
                self.track.frame(message)
        self.heard = len(self.ear.raw)


class House:
    """A room, and two web processes with its viewers."""

    def __init__(self) -> None:
        self.game = Driver(meadow.RULES, host=PEOPLE[0], size=4)
        self.stage = Stage(self.game.live, 1)
        self.crowds = {WebId(web): Crowd(ROOM) for web in ("w1", "w2")}
        self.viewers: dict[str, Viewer] = {}
        self.deliveries: list[Any] = []

    def come(self, at: int, watch: bool = False) -> Viewer:
        viewer = Viewer(PEOPLE[at], f"w{at % 2 + 1}", (JSON, MSGPACK)[at // 2])
        self.viewers[viewer.player.id] = viewer
        crowd = self.crowds[viewer.web]
        crowd.add(viewer.link)
        viewer.link.asked_at = 0.0
        want: Any = "watch" if watch else "auto"
        self.send(self.game.act(Attach(viewer.link.id, viewer.web, viewer.player, viewer.wire, want)))
        return viewer

    def send(self, fx: Effects) -> None:
        """What a pass did goes to the sockets, through the bytes of the mailbox."""
        for web, delivery in self.stage.deliveries(fx).items():
            (parsed,) = parse_parcel(dump_parcel([delivery]))
            self.deliveries.append((web, parsed))
            assert list(self.crowds[web].deliver(parsed, 0.0)) == []
        for viewer in self.viewers.values():
            viewer.read()

    def walk(self, at: int, x: int, y: int) -> None:
        self.send(self.game.move(PEOPLE[at], {"x": x, "y": y}))
        assert self.game.room.fault is None, self.game.room.fault

    def check(self) -> None:
        """Every viewer sees exactly what the rules say that it may."""
        for viewer in self.viewers.values():
            seat = self.seat_of(viewer)
            wanted = game_tree(self.game.live, seat)
            view = viewer.track.view
            assert view is not None
            assert unordered(view.game) == unordered(wanted), viewer.player.id

    def seat_of(self, viewer: Viewer) -> int | None:
        ids = [None if one is None else one.player.id for one in self.game.room.seats]
        return ids.index(viewer.player.id) if viewer.player.id in ids else None

    def start(self) -> None:
        self.send(self.game.do(PEOPLE[0], StartBody()))


def playing(watching: bool = True) -> House:
    house = House()
    house.come(0)
    house.come(1)
    house.send(house.game.do(PEOPLE[1], ReadyBody(True)))
    house.start()
    assert house.game.room.phase == "playing"
    if watching:
        house.come(2, watch=True)
    return house


def test_everybody_sees_their_own_hand_and_the_cells_in_sight() -> None:
    house = playing()
    house.walk(0, 25, 15)
    house.walk(1, 5, 35)
    house.check()
    ann, bob = (house.viewers[PEOPLE[at].id].track.view for at in (0, 1))
    assert ann is not None
    assert bob is not None
    assert len(ann.game["hand"]) == 1
    assert {cell["number"] for cell in ann.game["cells"]} == {6, 7}
    assert {cell["number"] for cell in bob.game["cells"]} == {12, 13}


steps = st.lists(
    st.one_of(
        st.tuples(st.just("walk"), st.integers(0, 1), st.integers(0, 39), st.integers(0, 39)),
        st.tuples(st.just("slow"), st.integers(0, 2), st.booleans(), st.just(0)),
        st.tuples(st.just("resync"), st.integers(0, 2), st.just(0), st.just(0)),
        st.tuples(st.just("come"), st.just(3), st.just(0), st.just(0)),
    ),
    max_size=40,
)


@settings(deadline=None, max_examples=60)
@given(steps)
def test_whatever_happens_each_sees_what_it_may_and_nothing_else(script: list[tuple[str, int, int, int]]) -> None:
    house = playing()
    for what, at, x, y in script:
        if what == "walk":
            house.walk(at, x, y)
        elif what == "slow":
            viewer = list(house.viewers.values())[at]
            viewer.ear.buffered = SLOW_BYTES + 1 if x else 0
            viewer.link.ease(0.1)
            viewer.read()
        elif what == "resync":
            house.send(house.game.act(Resync(list(house.viewers.values())[at].link.id, None)))
        elif PEOPLE[3].id not in house.viewers:
            house.come(3, watch=True)
        assert_no_foreign_cards(house)
    for viewer in house.viewers.values():
        viewer.ear.buffered = 0
        viewer.link.ease(0.2)
        viewer.read()
    house.walk(0, 1, 1)
    house.check()
    assert_no_foreign_cards(house)


def unordered(game: Any) -> Any:
    """Rows of a cell have no order."""
    cells = [{**cell, "sheep": sorted(cell["sheep"])} for cell in game["cells"]] if game else []
    return {**game, "cells": cells} if game else game


def assert_no_foreign_cards(house: House) -> None:
    """No socket was ever sent a card of another's hand, nor a cell that it did not see."""
    hands = house.game.live.state.hands
    for viewer in house.viewers.values():
        seat = house.seat_of(viewer)
        mine = set() if seat is None else set(hands[seat])
        foreign = {card for hand in hands for card in hand} - mine
        for message in viewer.said:
            numbers = numbers_in(msgspec.to_builtins(message))
            assert not numbers & foreign
        viewer.said.clear()


def numbers_in(tree: Any) -> set[int]:
    if isinstance(tree, dict):
        return set().union(*(numbers_in(part) for key, part in tree.items() if key not in ("tick", "ms", "server_ms")))
    if isinstance(tree, list):
        return set().union(*map(numbers_in, tree))
    return {tree} if type(tree) is int else set()


def test_a_cell_is_sent_to_those_alone_who_see_it() -> None:
    house = playing()
    house.walk(0, 5, 5)
    house.walk(1, 35, 35)
    for viewer in house.viewers.values():
        viewer.said.clear()
    house.walk(1, 36, 36)
    for player, most in ((PEOPLE[0], {0, 1}), (PEOPLE[1], {15}), (PEOPLE[2], {0})):
        told = [
            change[0]
            for message in house.viewers[player.id].said
            if isinstance(message, server.Delta)
            for what, change in zip(message.changes[::2], message.changes[1::2], strict=True)
            if what in (4, 5)
        ]
        assert set(told) <= most
    parts = {piece.of for web, box in house.deliveries[-2:] if web == "w1" for piece in box.pieces}
    assert CELL + 15 not in parts, "a web process gets only what its sockets may see"


def test_each_part_is_encoded_once_and_what_does_not_change_is_not_sent() -> None:
    house = playing()
    house.walk(0, 5, 5)
    house.walk(0, 5, 6)
    _, box = house.deliveries[-1]
    parts = [(piece.of, piece.wire, piece.key) for piece in box.pieces]
    assert len(set(parts)) == len(parts)
    heard = {viewer.player.id: len(viewer.ear.raw) for viewer in house.viewers.values()}
    house.send(Effects(changed=True))
    assert {viewer.player.id: len(viewer.ear.raw) for viewer in house.viewers.values()} == heard, "nothing has changed"


def test_a_seat_that_is_given_up_takes_its_private_part_with_it() -> None:
    house = playing()
    house.walk(0, 5, 5)
    house.walk(1, 5, 5)
    house.send(house.game.do(PEOPLE[1], StandBody()))
    house.walk(0, 7, 7)
    house.check()
    bob = house.viewers[PEOPLE[1].id].track.view
    assert bob is not None
    assert bob.game is None or bob.game["hand"] is None


def test_a_viewer_who_comes_to_see_a_cell_gets_its_keyframe_and_loses_what_it_leaves() -> None:
    house = playing()
    viewer = house.viewers[PEOPLE[0].id]
    house.game.live.state.sheep = [meadow.Sheep(0, 5, 5), meadow.Sheep(1, 25, 35)]
    house.walk(0, 5, 5)
    viewer.said.clear()
    house.walk(0, 25, 35)
    (delta,) = [message for message in viewer.said if isinstance(message, server.Delta)]
    told = dict(zip(delta.changes[::2], delta.changes[1::2], strict=True))
    assert told[4][0] == 14
    assert told[6] == [0]
    house.check()
