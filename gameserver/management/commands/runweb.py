"""manage.py runweb: one web process. Pages, API and sockets; with --single, the rest of Holdfast in it as well."""

from __future__ import annotations

from typing import Any

from channels.layers import InMemoryChannelLayer, channel_layers
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """Listens until SIGTERM or Ctrl-C, then closes every socket with 1012 and ends with exit code 0."""

    help = "Run one web process: pages, API and WebSockets."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen, and how."""
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--port", type=int, default=8000, help="port to listen on; 0 picks a free one")
        where.add_argument("--fd", type=int, help="file descriptor of a listening socket that was inherited")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
        parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")
        parser.add_argument(
            "--single",
            action="store_true",
            default=settings.HOLDFAST_SINGLE,
            help="run an engine, the lobby worker and the bots in this process too",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Listen and serve."""
        # Imported here: they load the whole application, which other commands do without.
        from gameserver.listening import CannotListen, Place, listen  # noqa: PLC0415
        from gameserver.serving import Failed, serve_daphne, serve_uvicorn  # noqa: PLC0415

        if options["single"]:
            channel_layers.set("default", InMemoryChannelLayer())
        serve = serve_daphne if options["server"] == "daphne" else serve_uvicorn
        try:
            with listen(Place(options["host"], options["port"], options["fd"])) as socket:
                host, port = socket.getsockname()[:2]
                url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
                self.stdout.write(f"Holdfast's web process listens on {url} ({options['server']}).")
                self.stdout.flush()
                serve(socket, url if options["single"] else "")
        except CannotListen as error:
            raise CommandError(str(error)) from error
        except Failed as error:
            raise CommandError("A part of this process failed; the lines above say why.") from error
