#!/usr/bin/env python3
"""Django's command line for Holdfast: `make play` calls `manage.py play`; so can you."""

from __future__ import annotations

import os
import sys

OLDEST_PYTHON = (3, 11)


def main() -> None:
    """Run one management command, or say what is missing before it can run."""
    if sys.version_info < OLDEST_PYTHON:
        found = sys.version.split()[0]
        sys.exit(f"Holdfast needs Python 3.11 or newer; this is {found}. `make play` looks for a newer one.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gameserver.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415  (only once Python is known to do)
    except ModuleNotFoundError as missing:
        if missing.name != "django":
            raise
        sys.exit("Django is not installed for this Python. Run `make play`, or use .venv/bin/python manage.py ...")
    try:
        if sys.argv[1:] == ["runengine"]:
            _run_engine()
        else:
            _run_command()
    except ImproperlyConfigured as wrong:  # a setting; the sentence names it, and a traceback would bury it
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"{' '.join(sys.argv[:2])}: {wrong}")


def _run_command() -> None:
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    if sys.argv[1:2] == ["runweb"]:
        import gameserver.reactor  # noqa: F401, PLC0415  (before Django's apps: Daphne is one, and would bring its own)
    execute_from_command_line(sys.argv)


def _run_engine() -> None:
    """An engine needs none of the apps: without them it starts in a third of the time, when one has just died."""
    from rooms.engine.serving import main as run  # noqa: PLC0415
    from rooms.pools import WrongPools  # noqa: PLC0415
    from rooms.store import ShardsDiffer  # noqa: PLC0415

    try:
        run()
    except (ShardsDiffer, WrongPools) as error:
        sys.exit(f"CommandError: {error}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:  # Ctrl-C before a command listens for it: no fault, so no traceback
        sys.exit(130)
