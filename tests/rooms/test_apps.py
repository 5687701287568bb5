"""Rooms as a Django app: commands, and nothing in the database."""

from __future__ import annotations

from django.apps import apps


def test_rooms_bring_commands_and_no_tables() -> None:
    from django.core.management import get_commands

    assert apps.get_app_config("rooms").name == "rooms"
    assert list(apps.get_app_config("rooms").get_models()) == []
    assert {"runengine", "runbots"} <= {name for name, app in get_commands().items() if app == "rooms"}
