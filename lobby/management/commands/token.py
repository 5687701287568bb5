"""`manage.py token NAME --scopes play,read`: make a bearer token and print it once. `--list`, `--revoke WHICH`."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import datetime
from typing import Any

from asgiref.sync import async_to_sync
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lobby.caching import close_cache_clients
from lobby.errors import LobbyError
from lobby.models import Token
from lobby.revoking import end_token, living_tokens
from lobby.tokens import SCOPES, make_token

DEFAULT_SCOPES = "read,play"


class Command(BaseCommand):
    """A new token stands alone on standard output, so that a script can take it; words go to standard error."""

    help = "Make a bearer token for a program, list those that count, or revoke one. A new one is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        """NAME and --scopes, or --list, or --revoke WHICH."""
        parser.add_argument("name", nargs="?", help="what the program is called; it plays under this name")
        words = f"what it may do, parted by commas: {', '.join(SCOPES)} (default: {DEFAULT_SCOPES})"
        parser.add_argument("--scopes", help=words)
        other = parser.add_mutually_exclusive_group()
        other.add_argument("--list", action="store_true", help="the tokens that count, also those that guests made")
        other.add_argument(
            "--revoke", metavar="WHICH", help="end one: its number or first letters as --list shows them, or all of it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, or say what is wrong."""
        name, scopes, which = options["name"], options["scopes"], options["revoke"]
        other = options["list"] or which is not None
        if other and (name is not None or scopes is not None):
            raise CommandError("--list and --revoke go without NAME and --scopes.")
        if not other and name is None:
            raise CommandError("Say what the new token is called: token NAME. Or use --list, or --revoke WHICH.")
        try:
            if options["list"]:
                self._list()
            elif which is not None:
                row = async_to_sync(_closing)(end_token(which))
                self.stdout.write(f"Token {row.pk} “{row.name}” ({row.hint}…) is revoked. It lets nobody in any more.")
            else:
                self._make(name, DEFAULT_SCOPES if scopes is None else scopes)
        except LobbyError as error:
            raise CommandError(error.message) from error

    def _make(self, name: str, scopes: str) -> None:
        chosen = [part.strip() for part in scopes.split(",") if part.strip()]
        text, row = async_to_sync(make_token)(name, chosen)
        self.stderr.write(f"Token “{row.name}” may {', '.join(row.scopes)}. Keep it now; it is not shown again.")
        self.stdout.write(text)

    def _list(self) -> None:
        rows, count = async_to_sync(living_tokens)()
        if rows:
            head = ("number", "begins", "name", "may", "made by", "made (UTC)", "used (UTC)")
            self.stdout.write(_line(head))
        for row in rows:
            self.stdout.write(_line(_cells(row)))
        if count > len(rows):
            self.stderr.write(f"These are the newest {len(rows)} of {count}.")
        elif not rows:
            self.stderr.write("No token counts. Make one: manage.py token NAME")


async def _closing(work: Coroutine[Any, Any, Token]) -> Token:
    """This event loop ends with the command: what it opened is closed."""
    try:
        return await work
    finally:
        await close_cache_clients()


def _cells(row: Token) -> tuple[str, ...]:
    by = "a guest" if row.owner else "command"
    return str(row.pk), f"{row.hint}…", row.name, ",".join(row.scopes), by, _when(row.created_at), _when(row.used_at)


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"


def _line(cells: tuple[str, ...]) -> str:
    number, begins, name, may, *rest = cells
    by, made, used = rest
    return f"{number:>6}  {begins:10}  {name:24}  {may:22}  {by:8}  {made:16}  {used}".rstrip()
