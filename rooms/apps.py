"""Live rooms as a Django app: it brings the management commands of engine and bots."""

from __future__ import annotations

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    """No models: what a room is stands in Redis."""

    name = "rooms"
    verbose_name = "Rooms"
