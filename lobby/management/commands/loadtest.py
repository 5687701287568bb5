"""`manage.py loadtest GAME`: fill a running server with bots that play, and measure what they get.

manage.py loadtest arena --rooms 50 --players 8 --seconds 60 --max-p99-ms 100 --max-errors 0 --min-delivered 99.9

The bots are programs like any other, each with a token of its own: made in this machine's database and revoked at the
end, or taken from a file. docs/operations.md tells what is measured.
"""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import signal
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from lobby.tokens import forget_tokens, make_tokens
from rooms.bots.api import Api, ApiRefused
from rooms.games.registry import UnknownGame, find_games, get_rules
from rooms.load.plan import BadPlan, Limits, Plan, usual_rate
from rooms.load.report import Found
from rooms.load.running import Running

SPARE_FILES: Final = 100
"""Open files beside the sockets."""


class Command(BaseCommand):
    """Ends with 1 when a threshold is broken."""

    help = "Let bots play in many rooms of a running server and measure it. Ends with 1 when a threshold is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to play, how much of it, and what would be too slow."""
        parser.add_argument("game", help="slug of an installed game")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="of the server (default: %(default)s)")
        parser.add_argument("--rooms", type=int, default=10, help="rooms (default: %(default)s)")
        parser.add_argument("--players", type=int, help="bots in each room (default: the fewest, 2 at least)")
        parser.add_argument("--seconds", type=float, default=30.0, help="to measure (default: %(default)s)")
        parser.add_argument("--ramp", type=float, default=5.0, help="seconds to open the rooms in (default: 5)")
        parser.add_argument("--rate", type=float, help="moves a second of each bot (default: the game's own bot's)")
        parser.add_argument("--wire", choices=("msgpack", "json"), default="msgpack")
        parser.add_argument("--options", default="{}", metavar="JSON", help="options of the rooms")
        parser.add_argument("--move", metavar="JSON", help="send this move instead of what the game's bot would do")
        parser.add_argument("--tokens", metavar="FILE", help="tokens, one a line and bot (default: made here)")
        parser.add_argument("--max-p99-ms", type=float, help="fail when the 99th percentile is above")
        parser.add_argument("--max-errors", type=int, help="fail when there are more")
        parser.add_argument("--min-delivered", type=float, help="fail when fewer percent of the moves were answered")
        parser.add_argument("--json", metavar="PATH", help="write the result as JSON (-: standard output)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it, or say what is wrong."""
        if options["verbosity"] < 2:  # what each bot says of itself would be a page a second
            logging.getLogger("rooms").setLevel(logging.WARNING)
        try:
            plan = read_plan(options)
            plan.check()
            allow_files(plan.rooms * plan.players + SPARE_FILES)
            self._out = self.stderr if options["json"] == "-" else self.stdout
            found = asyncio.run(self._test(plan, options["tokens"]))
        except BadPlan as bad:
            raise CommandError(str(bad)) from bad
        self._out.write(found.words())
        if options["json"]:
            self._write(options["json"], found)
        if found.broken:
            raise SystemExit(1)

    async def _test(self, plan: Plan, file: str | None) -> Found:
        count = plan.rooms * plan.players
        tokens = read_tokens(file, count) if file else await made_tokens(plan)
        try:
            await ask_server(plan, tokens[0], made=not file)
            running = Running(plan, tokens, self._say)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._interrupted, loop, number, running)
            return await running.run()
        finally:
            if not file:
                await forget_tokens(tokens)

    def _interrupted(self, loop: asyncio.AbstractEventLoop, number: int, running: Running) -> None:
        """The first time it ends in order; the second time at once."""
        loop.remove_signal_handler(number)
        self._say("Stopping: the bots leave their rooms. Once more ends it at once.")
        running.stop()

    def _say(self, line: str) -> None:
        self._out.write(line)
        self._out.flush()

    def _write(self, path: str, found: Found) -> None:
        text = json.dumps(found.as_json(), indent=2)
        if path == "-":
            self.stdout.write(text)
            return
        try:
            Path(path).write_text(text + "\n")
        except OSError as error:
            raise CommandError(f"--json: {path} cannot be written: {error}") from error


def read_plan(options: dict[str, Any]) -> Plan:
    """The plan in the words of the command. Raises BadPlan."""
    try:
        rules = get_rules(options["game"])
    except UnknownGame as error:
        raise BadPlan(f"There is no game {options['game']!r} here; there are: {', '.join(find_games())}.") from error
    players, rate = options["players"], options["rate"]
    return Plan(
        url=options["url"],
        rules=rules,
        rooms=options["rooms"],
        players=max(rules.seats.min, min(2, rules.seats.max)) if players is None else players,
        seconds=options["seconds"],
        ramp_s=options["ramp"],
        rate=usual_rate(rules) if rate is None else rate,
        wire=options["wire"],
        options=read_json("--options", options["options"], dict),
        move=read_json("--move", options["move"], object) if options["move"] else None,
        limits=Limits(options["max_p99_ms"], options["max_errors"], options["min_delivered"]),
    )


def read_json(name: str, text: str, kind: type) -> Any:
    """A value given as JSON. Raises BadPlan."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise BadPlan(f"{name} is no JSON: {error}") from error
    if not isinstance(value, kind):
        raise BadPlan(f"{name} must be a JSON object.")
    return value


def read_tokens(file: str, count: int) -> list[str]:
    """The tokens in a file. Raises BadPlan."""
    try:
        found = Path(file).read_text().split()
    except OSError as error:
        raise BadPlan(f"--tokens: {error}") from error
    if len(set(found)) < count:
        raise BadPlan(f"--tokens: {count} bots need a token each, and {file} has {len(set(found))}.")
    return list(dict.fromkeys(found))[:count]


async def made_tokens(plan: Plan) -> list[str]:
    """New tokens, of which each room's first may close it in the end. Raises BadPlan."""
    guests = plan.players - 1
    try:
        hosts = await make_tokens("Load host", plan.rooms, ["read", "play", "open", "operate"])
        others = await make_tokens("Load", plan.rooms * guests, ["play"])
    except DatabaseError as error:
        raise BadPlan(f"No tokens can be made: the database says “{error}”. Run manage.py migrate first.") from error
    return [text for n, host in enumerate(hosts) for text in (host, *others[n * guests : (n + 1) * guests])]


async def ask_server(plan: Plan, token: str, *, made: bool) -> None:
    """Whether somebody is there who knows us and the game. Raises BadPlan."""
    try:
        await Api(plan.url, token).rooms(plan.rules.slug)
    except ApiRefused as no:
        if no.code == "no_token" and made:
            raise BadPlan(
                f"The server at {plan.url} does not know tokens that are made here: run this with its DATABASE_URL, "
                f"or give it tokens of its own with --tokens."
            ) from no
        raise BadPlan(f"The server at {plan.url} refuses us: {no.detail}") from no
    except (OSError, ValueError) as error:
        raise BadPlan(
            f"No server answers at {plan.url} ({error}). Start one (make play), or name it: --url."
        ) from error


def allow_files(count: int) -> None:
    """Let this process have so many open files. Raises BadPlan."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        if hard not in (resource.RLIM_INFINITY,) and hard < count:
            raise BadPlan(f"{count} open files are needed, and this system allows {hard} (ulimit -n).")
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
