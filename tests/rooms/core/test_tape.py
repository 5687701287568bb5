"""Reading journals back: what is whole, what is cut, changed, of another format, or none at all."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rooms.core import journal
from rooms.core.journal import FORMAT, Begun, Line
from rooms.core.tape import Flaw, Tape, read_tape
from tests.rooms.core.recording import recorded

encode = msgspec.msgpack.encode


def flaw(raw: bytes) -> Flaw:
    with pytest.raises(Flaw) as caught:
        read_tape(raw)
    return caught.value


def test_a_whole_journal_is_read() -> None:
    driver, raw = recorded("snake")
    tape = read_tape(raw)
    assert tape.begun.game == "snake"
    assert tape.ticks == driver.room.match_tick
    assert tape.ended is not None
    assert {seat: cast.player.name for seat, cast in tape.cast.items()} == {0: "Ann", 1: "Bob"}


def test_one_without_an_end_is_read_too() -> None:
    tape = read_tape(encode(journal.read_lines(recorded("snake")[1])[:-1]))
    assert tape.ended is None


def test_a_journal_with_nothing_but_its_beginning() -> None:
    tape = read_tape(encode(journal.read_lines(recorded("snake")[1])[:1]))
    assert (tape.ticks, tape.records) == (0, ())


@pytest.mark.parametrize("at", [0, 1, 5, -1])
def test_a_missing_or_changed_line_is_found_where_it_is(at: int) -> None:
    lines = journal.read_lines(recorded("snake")[1])
    at %= len(lines)
    changed = [*lines[:at], Line(lines[at].record, lines[at].check ^ 1), *lines[at + 1 :]]
    found = flaw(encode(changed))
    assert found.code == "changed"
    assert found.tick == (0 if at == 0 else lines[at].record.tick)  # type: ignore[union-attr]
    if 0 < at < len(lines) - 1:
        found = flaw(encode([*lines[:at], *lines[at + 1 :]]))
        assert (found.code, found.tick) == ("changed", lines[at + 1].record.tick)  # type: ignore[union-attr]


def test_one_without_its_beginning_is_cut() -> None:
    lines = journal.read_lines(recorded("snake")[1])
    assert flaw(encode(lines[1:])).code == "cut"
    assert flaw(encode([])).code == "cut"


def chained(records: list[Any]) -> bytes:
    lines, check = [], 0
    for record in records:
        check = journal.chain(encode(record), check)
        lines.append((record, check))
    return encode(lines)


def test_nothing_may_follow_the_end() -> None:
    records = [line.record for line in journal.read_lines(recorded("tictactoe")[1])]
    assert "goes on after the end" in flaw(chained([*records, records[-2]])).message
    assert flaw(chained([*records[:3], records[0]])).code == "changed"


def test_another_format_says_so() -> None:
    records: list[Any] = [line.record for line in journal.read_lines(recorded("tictactoe")[1])]
    begun = msgspec.structs.replace(records[0], format=FORMAT + 1)
    for first in (begun, ["begun", FORMAT + 1, "unlike", "ours"]):
        found = flaw(chained([first]))
        assert (found.code, str(found)) == (
            "unknown_format",
            f"The journal has format {FORMAT + 1}; this version of Holdfast reads format {FORMAT}.",
        )


@pytest.mark.parametrize("raw", [b"", b"\xc1", b"\x93\x01", encode("journal"), encode([[1, 2, 3]]), encode([[[], 1]])])
def test_what_is_no_journal_says_so(raw: bytes) -> None:
    assert flaw(raw).code == "unreadable"


def test_who_came_later_is_in_the_cast() -> None:
    from rooms.core.ids import PlayerId
    from rooms.core.inputs import Player
    from rooms.core.journal import Sat

    tape = read_tape(recorded("arena")[1])
    assert isinstance(tape.begun, Begun)
    late = Sat(5, 1, Player(PlayerId("bot-1"), "Ada", "bot"), "hard", False)
    cast = Tape(tape.begun, (late,), None).cast
    assert [(one.player.name, one.strength) for one in cast.values()] == [("Ann", ""), ("Ada", "hard")]
