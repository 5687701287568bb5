"""The lobby as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class LobbyConfig(AppConfig):
    """Models, pages, API and the live list."""

    name = "lobby"
    verbose_name = "Lobby"
