"""`manage.py replay`: the verdict, the speed, the export, the exit code."""

from __future__ import annotations

import json
import zlib
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command

from lobby.models import Match
from rooms.core.journal import Line, Stepped, read_lines
from tests.lobby.recorded import keep

pytestmark = pytest.mark.usefixtures("db")


def run(*words: Any, **options: Any) -> tuple[str, str]:
    """What it says on standard output and on standard error."""
    out, err = StringIO(), StringIO()
    call_command("replay", *map(str, words), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def spoil(match: Match) -> int:
    """Change one input in the database; its tick."""
    lines = read_lines(zlib.decompress(match.replay.lines))
    at = next(at for at, line in enumerate(lines) if isinstance(line.record, Stepped) and line.record.tick > 3)
    step = lines[at].record
    assert isinstance(step, Stepped)
    lines[at] = Line(msgspec.structs.replace(step, given=()), lines[at].check)
    match.replay.lines = zlib.compress(msgspec.msgpack.encode(lines))
    match.replay.save()
    return step.tick


def test_a_match_is_verified_and_the_speed_is_told() -> None:
    match = keep("snake")
    said, _ = run(match.pk)
    assert f"Match {match.pk} (snake, 2023-11-14 22:1" in said
    assert "The match was replayed to the same end." in said
    assert f"{match.ticks:,} ticks = {match.ticks / 10:,.0f} s of play in " in said
    assert "times real time." in said


def test_it_is_found_by_its_room_too() -> None:
    keep("tictactoe")
    second = keep("tictactoe", match=2)
    for name in ("r" * 22, f"{'r' * 22}/2"):
        assert run(name)[0].startswith(f"Match {second.pk} ")


@pytest.mark.parametrize("name", ["999", "x" * 22, f"{'r' * 22}/9", f"{'r' * 22}/x", "9" * 30])
def test_one_that_does_not_exist_is_an_error(name: str) -> None:
    keep("tictactoe")
    with pytest.raises(CommandError, match=r"There is no recorded match .* /matches/ID/"):
        run(name)


def test_a_changed_input_is_found_at_its_tick() -> None:
    match = keep("snake")
    tick = spoil(match)
    with pytest.raises(CommandError, match=rf"changed at tick {tick}\b"):
        run(match.pk)


def test_rules_of_another_version_are_refused() -> None:
    match = keep("tictactoe", version=7)
    with pytest.raises(CommandError, match="played under version 7 of tictactoe; here is version 1"):
        run(match.pk)
    with pytest.raises(CommandError, match="has no game 'chess'"):
        run(keep("tictactoe", match=2, game="chess").pk)


def test_a_match_without_a_replay_says_so() -> None:
    with pytest.raises(CommandError, match="not kept any more"):
        run(keep("tictactoe", journal=[]).pk)


def test_the_journal_is_exported(tmp_path: Path) -> None:
    match = keep("snake")
    run(match.pk, json=str(tmp_path / "match.json"))
    told = json.loads((tmp_path / "match.json").read_text())
    assert (told["id"], told["verified"], told["game"]) == (match.pk, True, "snake")
    assert told["ticks"] == match.ticks
    out, err = run(match.pk, json="-")
    assert json.loads(out) == told
    assert "replayed to the same end" in err
    with pytest.raises(CommandError, match="cannot be written"):
        run(match.pk, json=str(tmp_path / "no" / "match.json"))


def test_all_are_verified() -> None:
    for number, game in enumerate(("tictactoe", "snake", "battleship"), 1):
        keep(game, match=number)
    keep("tictactoe", match=4, version=9)
    said, _ = run(all=True)
    assert said.splitlines()[-1] == "4 replays: 3 verified, 0 wrong, 1 not playable here."
    assert len(run(all=True, verbosity=2)[0].splitlines()) > 4
    assert run(all=True, since="2030-01-01")[0] == "0 replays: 0 verified, 0 wrong, 0 not playable here.\n"
    spoil(Match.objects.get(number=2))
    with pytest.raises(CommandError, match="1 replays do not come to the end"):
        run(all=True)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"match": "1", "all": True},
        {"all": True, "since": "soon"},
        {"all": True, "json": "-"},
        {"match": "1", "since": "2026-01-31"},
    ],
)
def test_what_is_asked_wrongly_is_told(options: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match=r"or give --all|is no date|writes one match|goes with --all"):
        run(**options)
