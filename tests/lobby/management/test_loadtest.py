"""The command against a real server: a run, its thresholds, its end by Ctrl-C, and what it says to wrong input."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from lobby.management.commands.loadtest import Command, allow_files, ask_server, read_plan, read_tokens
from rooms.games.registry import find_games
from rooms.load.plan import BadPlan
from rooms.load.report import Found
from rooms.load.tally import Tally
from rooms.store.keys import shard_keys
from tests.support.fleet import Fleet
from tests.support.processes import Process, wait_for

TOKENS = "SELECT count(*) FROM lobby_token"


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    with Fleet(Path(tempfile.mkdtemp(dir=os.environ["HOLDFAST_VAR"])), {"HOLDFAST_MAX_ROOMS": "4"}) as ours:
        yield ours.start(web=1, engines=1, lobby=0)


def begin(fleet: Fleet, *words: str) -> Process:
    return Process.manage("loadtest", "loadtest", *words, "--url", fleet.web[0].url(""), env=fleet.env)


def run(fleet: Fleet, *words: str) -> tuple[int, str]:
    """To its end: exit code and all it said."""
    with begin(fleet, *words) as process:
        return process.wait(60), process.output


def rooms_open(fleet: Fleet) -> int:
    with redis.Redis.from_url(fleet.valkey.url) as client:
        return sum(int(client.hlen(shard_keys(shard).rooms)) for shard in range(16))


def tokens(fleet: Fleet) -> int:
    with sqlite3.connect(fleet.folder / "db.sqlite3") as database:
        return int(database.execute(TOKENS).fetchone()[0])


def test_bots_play_and_nothing_is_left_behind(fleet: Fleet, tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    code, said = run(
        fleet, "tictactoe", "--rooms", "3", "--seconds", "1", "--ramp", "0.3", "--rate", "20", "--json", str(file),
        "--max-errors", "0", "--min-delivered", "99",
    )  # fmt: skip
    assert code == 0, said
    out = json.loads(file.read_text())
    assert (out["game"], out["rooms"], out["bots"], out["broken"], out["left_open"]) == ("tictactoe", 3, 6, [], 0)
    assert out["due"] == out["answered"] > 5
    assert 0 < out["latency_ms"]["p50"] <= out["latency_ms"]["p99"] <= out["latency_ms"]["max"]
    assert "3 rooms, 6 bots" in said
    wait_for(lambda: rooms_open(fleet) == 0, 10, "the rooms close")
    assert tokens(fleet) == 0


def test_a_broken_threshold_ends_with_1(fleet: Fleet) -> None:
    code, said = run(
        fleet, "arena", "--rooms", "2", "--seconds", "1", "--ramp", "0", "--max-p99-ms", "0.01", "--json", "-"
    )
    assert code == 1
    assert "FAILED: p99 is" in said
    assert '"game": "arena"' in said


def test_ctrl_c_ends_in_order_with_the_summary(fleet: Fleet, tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    with begin(fleet, "tictactoe", "--rooms", "2", "--ramp", "0", "--rate", "20", "--json", str(file)) as process:
        wait_for(lambda: " moves  p50" in process.output, 30, "it measures")
        process.send(signal.SIGINT)
        assert process.wait(20) == 0, process.output
        said = process.output
    assert ", stopped early" in said
    assert "Traceback" not in said
    out = json.loads(file.read_text())
    assert out["stopped"]
    assert out["due"] == out["answered"] > 0
    wait_for(lambda: rooms_open(fleet) == 0, 10, "the rooms close")


def test_a_server_that_is_full_is_said_and_left_as_it_was(fleet: Fleet) -> None:
    code, said = run(fleet, "tictactoe", "--rooms", "6", "--ramp", "0.5")
    assert code == 1
    assert "The server opens no such room: Every room of this server is taken" in said
    assert "Traceback" not in said
    assert tokens(fleet) == 0
    wait_for(lambda: rooms_open(fleet) == 0, 10, "the rooms close")


# -- what is said to wrong input, without a server


def options(**given: Any) -> dict[str, Any]:
    parser = Command().create_parser("manage.py", "loadtest")
    return {**vars(parser.parse_args(["tictactoe"])), **given}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"game": "chess"}, "There is no game 'chess' here; there are: arena, arena_large, battleship"),
        ({"players": 5}, "a room of Noughts and crosses has 2 players"),
        ({"options": "[]"}, "--options must be a JSON object"),
        ({"move": "{"}, "--move is no JSON"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_in_a_sentence(given: dict[str, Any], why: str) -> None:
    with pytest.raises(BadPlan, match=re.escape(why)):
        read_plan(options(**given)).check()


def test_the_usual_plan_of_every_game_is_a_good_one() -> None:
    for game in find_games():
        read_plan(options(game=game)).check()


def test_tokens_of_a_file_are_one_a_bot(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text("hf_one\nhf_two\nhf_two\n")
    assert read_tokens(str(file), 2) == ["hf_one", "hf_two"]
    with pytest.raises(BadPlan, match=r"3 bots need a token each, and .* has 2"):
        read_tokens(str(file), 3)
    with pytest.raises(BadPlan, match="--tokens: "):
        read_tokens(str(tmp_path / "nowhere"), 1)


async def test_nobody_there_and_a_server_that_does_not_know_us(fleet: Fleet) -> None:
    plan = read_plan(options(url="http://127.0.0.1:9"))
    with pytest.raises(BadPlan, match=r"No server answers at http://127\.0\.0\.1:9"):
        await ask_server(plan, "hf_x", made=True)
    plan = replace(plan, url=fleet.web[0].url(""))
    with pytest.raises(BadPlan, match="does not know tokens that are made here"):
        await ask_server(plan, "hf_x", made=True)
    with pytest.raises(BadPlan, match="refuses us"):
        await ask_server(plan, "hf_x", made=False)


def test_more_files_than_the_system_allows_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 1024))
    with pytest.raises(BadPlan, match="2000 open files are needed, and this system allows 1024"):
        allow_files(2000)


def test_the_operations_page_names_every_option_and_every_field() -> None:
    told = (Path(__file__).parents[3] / "docs" / "operations.md").read_text().partition("## How much it carries")[2]
    told = told.partition("\n## ")[0]
    parser = Command().create_parser("manage.py", "loadtest")
    names = {name for action in parser._actions for name in action.option_strings}
    ours = names - {
        "-h",
        "--help",
        "--version",
        "-v",
        "--verbosity",
        "--no-color",
        "--force-color",
        "--skip-checks",
        "--settings",
        "--pythonpath",
        "--traceback",
    }
    assert {"--rooms", "--json"} <= ours
    assert [name for name in ours if f"{name}" not in told] == []
    found = Found(read_plan(options()), Tally(), 1.0, 1, 0.0, 0.0, False)
    out = found.as_json()
    assert [name for name in (*out, *out["latency_ms"], *out["generator"]) if f"`{name}`" not in told] == []
