"""`manage.py token NAME --scopes play,read`: make a bearer token and print it once."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lobby.errors import LobbyError
from lobby.tokens import SCOPES, make_token


class Command(BaseCommand):
    """Prints the token alone on standard output, so that a script can take it; words go to standard error."""

    help = "Make a bearer token for a program. It is shown once: only its digest is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        """NAME and --scopes."""
        parser.add_argument("name", help="what the program is called; it plays under this name")
        parser.add_argument(
            "--scopes", default="read,play", help=f"what it may do, parted by commas: {', '.join(SCOPES)}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, or say what is wrong."""
        scopes = [part.strip() for part in options["scopes"].split(",") if part.strip()]
        try:
            text, row = async_to_sync(make_token)(options["name"], scopes)
        except LobbyError as error:
            raise CommandError(error.message) from error
        self.stderr.write(f"Token “{row.name}” may {', '.join(row.scopes)}. Keep it now; it is not shown again.")
        self.stdout.write(text)
