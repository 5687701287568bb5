"""The project as a Django app: it brings the `play` command and the system checks."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class Daphne(AppConfig):
    """Daphne for its `runserver` alone. Its own AppConfig loads the server, with all of Twisted, into every process:
    bots, lobby worker and commands start in two thirds of the time without it."""

    name = "daphne"
    verbose_name = "Daphne"
    default = False  # "gameserver" means the next one


class GameServerConfig(AppConfig):
    """Registers the checks of `gameserver.checks` and `roomchecks` once Django is ready."""

    name = "gameserver"
    verbose_name = "Holdfast"

    def ready(self) -> None:
        """Load the checks: importing a module registers them."""
        import_module("gameserver.checks")
        import_module("gameserver.roomchecks")
