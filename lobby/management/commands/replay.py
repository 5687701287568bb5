"""`manage.py replay MATCH`: play a recorded match again, verify it, and say how fast that was.

manage.py replay 12                  by its id in the database
manage.py replay ROOM/3              by its room and its number there; ROOM alone is the newest one
manage.py replay 12 --json match.json
manage.py replay --all --since 2026-01-31
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lobby.models import Match, Replay
from lobby.replays import rules_for, unpack
from rooms.core.export import plain
from rooms.core.replay import Verdict, verify
from rooms.core.tape import Flaw, read_tape

NOT_TRIED = ("other_version", "unknown_game", "unknown_format")
"""Nothing is wrong with these: this server lacks what would play them."""


class Command(BaseCommand):
    """Ends with 1 when a match is not proved to be as it was recorded."""

    help = "Play a recorded match again from its journal and verify that it comes to the same end."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which match, or all."""
        parser.add_argument("match", nargs="?", help="id of the match, ROOM/NUMBER, or ROOM for its newest match")
        parser.add_argument("--json", metavar="FILE", help="write the journal as JSON to FILE (-: standard output)")
        parser.add_argument("--all", action="store_true", help="verify every replay that is kept")
        parser.add_argument("--since", metavar="DATE", help="with --all: only matches that ended on that day or later")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify one, or all."""
        wanted, every = options["match"], options["all"]
        if bool(wanted) == every:
            raise CommandError("Name one match (its id, or ROOM/NUMBER), or give --all.")
        if every and options["json"]:
            raise CommandError("--json writes one match: name it instead of --all.")
        if options["since"] and not every:
            raise CommandError("--since goes with --all.")
        if every:
            self._all(options["since"])
        else:
            self._one(find(wanted), options["json"] or "")

    def _one(self, match: Match, file: str) -> None:
        verdict, seconds = tried(match)
        out = self.stderr if file == "-" else self.stdout
        out.write(told(match, verdict, seconds))
        if file:
            self._export(match, verdict, file)
        if not verdict.ok:
            raise CommandError(verdict.message)

    def _export(self, match: Match, verdict: Verdict, file: str) -> None:
        try:
            body = {"id": match.pk, "verified": verdict.ok, **plain(read_tape(unpack(replay_of(match))))}
        except Flaw as flaw:
            raise CommandError(flaw.message) from flaw
        text = json.dumps(body, indent=1) + "\n"
        if file == "-":
            self.stdout.write(text, ending="")
            return
        try:
            Path(file).write_text(text)
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error

    def _all(self, since: str | None) -> None:
        found = Match.objects.filter(replay__isnull=False).order_by("pk")
        if since:
            found = found.filter(ended_at__gte=day(since))
        same = wrong = passed = 0
        for match in found.iterator(chunk_size=50):
            verdict, seconds = tried(match)
            same, passed = same + verdict.ok, passed + (verdict.code in NOT_TRIED)
            wrong += not verdict.ok and verdict.code not in NOT_TRIED
            if not verdict.ok or int(self.verbosity) > 1:
                self.stdout.write(told(match, verdict, seconds))
        total = same + wrong + passed
        self.stdout.write(f"{total} replays: {same} verified, {wrong} wrong, {passed} not playable here.")
        if wrong:
            raise CommandError(f"{wrong} replays do not come to the end that was recorded.")

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Keep what is asked for by -v."""
        self.verbosity = options.get("verbosity", 1)
        return super().execute(*args, **options)


def find(wanted: str) -> Match:
    """The match that is meant. Raises CommandError."""
    room, _, number = wanted.partition("/")
    found = Match.objects.filter(room=room).order_by("-pk")
    if wanted.isdecimal() and len(wanted) < 19:
        found = Match.objects.filter(pk=int(wanted))
    elif number:
        found = found.filter(number=int(number)) if number.isdecimal() else found.none()
    match = found.first()
    if match is None:
        raise CommandError(
            f"There is no recorded match {wanted!r}. Its id is the number in the address of its page, /matches/ID/; "
            "a match is recorded when it has ended."
        )
    return match


def replay_of(match: Match) -> Replay:
    """Its journal. Raises Flaw."""
    found = Replay.objects.filter(match=match).first()
    if found is None:
        raise Flaw("no_replay", "Its replay is not kept any more, or it was too long to be recorded.")
    return found


def tried(match: Match) -> tuple[Verdict, float]:
    """What came of replaying it, and the seconds that took."""
    try:
        raw, rules = unpack(replay_of(match)), rules_for(match)
    except Flaw as flaw:
        return Verdict(False, flaw.code, flaw.message, 0, 0), 0.0
    began = time.perf_counter()
    verdict = verify(raw, rules)
    return verdict, time.perf_counter() - began


def told(match: Match, verdict: Verdict, seconds: float) -> str:
    """What the operator reads of one match."""
    lines = [f"Match {match.pk} ({match.game}, {match.ended_at:%Y-%m-%d %H:%M}): {verdict.message}"]
    if seconds and verdict.ms:
        play = verdict.ms / 1000
        done = f"{verdict.ticks:,} ticks = {play:,.0f} s of play in {seconds:.2f} s"
        lines.append(f"  {done}: {play / seconds:,.0f} times real time.")
    return "\n".join(lines)


def day(text: str) -> datetime:
    """The beginning of a day, UTC. Raises CommandError."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise CommandError(f"{text!r} is no date; write one like 2026-01-31.") from error
