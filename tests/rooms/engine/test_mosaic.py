"""The parts of a room as the engine tells them. tests/rooms/test_mosaic.py shows what viewers make of them."""

from __future__ import annotations

from msgspec import Struct

from rooms.core.ids import WebId
from rooms.core.inputs import JSON, MSGPACK, Wire
from rooms.core.shape import shape_of
from rooms.engine.fields import Thrift
from rooms.engine.mosaic import CellStream, Mosaic, Private
from tests.rooms.core.driver import ANN, BOB, Driver
from tests.support import meadow

WIRES: set[Wire] = {JSON, MSGPACK}


class Cell(Struct):
    n: int
    words: str = ""


def test_a_cell_that_does_not_change_keeps_its_version() -> None:
    stream = CellStream(7, shape_of(Cell))
    stream.advance(Cell(1), 10, WIRES)
    version = stream.version
    assert (stream.key_tick, {piece.body for piece in stream.key if piece.wire == JSON}) == (
        10,
        {b'4,[7,{"n":1,"words":""}]'},
    )
    stream.advance(Cell(1), 11, WIRES)
    assert stream.version == version
    stream.advance(Cell(2), 12, WIRES)
    assert stream.version == version + 1
    assert [piece.body for piece in stream.delta if piece.wire == JSON] == [b"5,[7,8,2]"]
    stream.advance(Cell(1), 13, WIRES)
    assert [piece.count for piece in stream.delta] == [0, 0], "as the keyframe again"


def test_a_cell_gets_a_new_keyframe_when_that_pays() -> None:
    stream = CellStream(7, shape_of(Cell))
    for tick in range(Thrift.EVERY * 3):
        stream.advance(Cell(tick, "x" * 200 * (tick > 4)), tick, WIRES)
    assert stream.key_tick >= Thrift.EVERY


def test_a_private_part_is_told_when_it_changes() -> None:
    private = Private()
    private.advance(3, [(2, [1, 2])], 9, {JSON})
    assert private.pieces[0].body == b"7,[3,9],16,[1,2]"
    assert private.pieces[0].count == 4
    private.advance(3, [(2, [1, 2])], 9, {JSON})
    assert private.version == 1
    private.advance(3, [(2, [1, 2])], 10, {JSON})
    assert private.version == 2


def test_a_web_process_is_told_once_and_all_again_after_it_was_forgotten() -> None:
    game = Driver(meadow.RULES)
    game.play()
    mosaic, web = Mosaic(), WebId("w")
    mosaic.advance(game.live, False)
    pieces, sights = mosaic.told(web)
    assert sights.keys() == {0, 1}
    assert {piece.of for piece in pieces} >= {0, 1}
    mosaic.advance(game.live, False)
    assert mosaic.told(web) == ([], {})
    mosaic.forget(web)
    assert mosaic.told(web) == (pieces, sights)
    assert mosaic.told(WebId("elsewhere")) == ([], {}), "nobody looks from there"


def test_before_the_match_there_is_nothing_to_tell_but_what_counted() -> None:
    game = Driver(meadow.RULES)
    game.attach(ANN)
    game.attach(BOB)
    mosaic = Mosaic()
    mosaic.advance(game.live, False)
    pieces, sights = mosaic.told(WebId("w"))
    assert set(sights.values()) == {()}
    assert {piece.body for piece in pieces} == {b"7,[0,0]", b"7,[1,0]"}
