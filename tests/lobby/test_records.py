from __future__ import annotations

import zlib
from datetime import UTC, datetime

import msgspec
import pytest
from django.db import IntegrityError, transaction

from lobby.models import Finish, Match, Replay
from lobby.records import record_match
from rooms.core.facts import Finisher, MatchOver
from rooms.core.ids import PlayerId, RoomId
from rooms.core.journal import FORMAT, dump_lines


def over(**changes: object) -> MatchOver:
    """A finished match of snake: Ann before a bot."""
    usual: dict[str, object] = {
        "room": RoomId("r" * 22),
        "incarnation": "first",
        "match": 1,
        "game": "snake",
        "version": 2,
        "options": {"walls": True},
        "seed": "s",
        "finishers": (
            Finisher(1, PlayerId("g-ann"), "Ann", "guest", "", 1, 9),
            Finisher(0, PlayerId("bot-x"), "Echo", "bot", "hard", 2, 4),
        ),
        "reason": "the last one alive",
        "ticks": 512,
        "started_ms": 1_700_000_000_000,
        "ended_ms": 1_700_000_051_200,
    }
    return MatchOver(**{**usual, **changes})  # type: ignore[arg-type]


def test_a_match_is_written_with_everybody_in_it(db: None) -> None:
    assert record_match(over())
    match = Match.objects.get()
    assert (match.game, match.version, match.options, match.ticks) == ("snake", 2, {"walls": True}, 512)
    assert match.ended_at == datetime(2023, 11, 14, 22, 14, 11, 200_000, tzinfo=UTC)
    assert [(finish.name, finish.kind, finish.rank) for finish in match.finishes.all()] == [
        ("Ann", "guest", 1),
        ("Echo", "bot", 2),
    ]


def test_the_same_match_is_written_once(db: None) -> None:
    assert record_match(over())
    assert not record_match(over(reason="told again"))
    assert Match.objects.get().reason == "the last one alive"
    assert Finish.objects.count() == 2


@pytest.mark.parametrize("changes", [{"match": 2}, {"incarnation": "second"}, {"room": RoomId("o" * 22)}])
def test_another_match_is_another_record(db: None, changes: dict[str, object]) -> None:
    record_match(over())
    assert record_match(over(**changes))
    assert Match.objects.count() == 2


def test_the_database_itself_refuses_a_second_record(db: None) -> None:
    record_match(over())
    first = Match.objects.get()
    first.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


def test_half_a_match_is_never_written(db: None) -> None:
    bad = Finisher(0, PlayerId("g-ann"), "Ann", "guest", "", 0, 0)  # no rank is 0
    with pytest.raises(IntegrityError), transaction.atomic():
        record_match(over(finishers=(bad,)))
    assert not Match.objects.exists()


def test_its_journal_is_kept_with_it_once(db: None) -> None:
    items = [dump_lines([b"\x01", b"\x02"]), dump_lines([b"\x03"])]
    assert record_match(over(), items)
    assert not record_match(over(), [dump_lines([b"\x09"])])
    replay = Match.objects.get().replay
    assert (replay.format, msgspec.msgpack.decode(zlib.decompress(replay.lines))) == (FORMAT, [1, 2, 3])


def test_a_match_without_a_journal_has_no_replay(db: None) -> None:
    record_match(over())
    assert not Replay.objects.exists()


def test_a_match_that_was_given_up_is_recorded_without_places(db: None) -> None:
    assert record_match(over(finishers=(), reason="The room was closed."))
    assert list(Match.objects.get().finishes.all()) == []
