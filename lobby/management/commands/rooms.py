"""`manage.py rooms`: the operator's page for a terminal. Needs Redis alone: no web process, no token."""

from __future__ import annotations

import getpass
from collections.abc import Coroutine
from typing import Any

from asgiref.sync import async_to_sync
from django.core.management.base import BaseCommand, CommandError, CommandParser

from lobby.errors import LobbyError
from lobby.gallery import stranded
from lobby.operating import Opened, close_room, every_room, one_room, resume_room
from lobby.picture import forget_picture
from lobby.stores import live_store
from rooms.core.facts import Card


class Command(BaseCommand):
    """list, show ID, resume ID, close ID."""

    help = "Every open room; what stopped a paused one; resume it or close it."

    def add_arguments(self, parser: CommandParser) -> None:
        """One word for each thing that can be done."""
        acts = parser.add_subparsers(dest="act", required=True)
        listing = acts.add_parser("list", help="every room, paused ones first")
        listing.add_argument("--paused", action="store_true", help="only paused and stranded ones")
        for act, words in (("show", "all of one room"), ("resume", "let a paused room go on"), ("close", "end a room")):
            one = acts.add_parser(act, help=words)
            one.add_argument("room", help="its id, as `list` shows it")
            if act == "close":
                one.add_argument("--reason", default="", help="told to its players")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, or say why not."""
        try:
            self.stdout.write(async_to_sync(_closing)(_do(options)))
        except LobbyError as error:
            raise CommandError(error.message) from error


async def _closing(work: Coroutine[Any, Any, str]) -> str:
    """This event loop ends with the command: what it opened is closed."""
    try:
        return await work
    finally:
        await forget_picture()
        await live_store().aclose()


async def _do(options: dict[str, Any]) -> str:
    act, who = options["act"], f"manage.py rooms by {getpass.getuser()}"
    if act == "list":
        return _listed([card for card in await every_room() if _ill(card) or not options["paused"]])
    if act == "show":
        return _shown(await one_room(options["room"]))
    if act == "resume":
        await resume_room(options["room"], who)
        return "The room goes on. Look again in a moment: if its rules fail again, it is paused again."
    await close_room(options["room"], options["reason"], who)
    return "The room is closed. Its players were told."


def _ill(card: Card) -> bool:
    return card.paused or bool(stranded(card.game, card.version))


def _listed(cards: list[Card]) -> str:
    rows = [f"{'room':22}  {'state':9} {'game':16} {'seats':7} players"]
    for card in cards:
        state = "paused" if card.paused else "stranded" if stranded(card.game, card.version) else card.phase
        game, seats = f"{card.game} v{card.version}", f"{card.players}/{card.size}"
        rows.append(f"{card.room:22}  {state:9} {game:16} {seats:7} {', '.join(card.names)}")
    return "\n".join(rows) if cards else "No such room is open."


def _shown(opened: Opened) -> str:
    lines = [f"room      {opened.id}", f"bytes     {opened.size}"]
    room, fault = opened.room, opened.fault
    if opened.stranded:
        lines.append(f"stranded  {opened.stranded}")
    if room is not None:
        lines += [
            f"game      {room.game}, version {room.version}, options {opened.options}, seed {room.seed}",
            f"phase     {room.phase}, match {room.match}, step {room.match_tick}, tick {room.tick}, {room.ms} ms",
        ]
        for seat, sitter in enumerate(room.seats):
            here = "" if sitter is None else "here" if sitter.away_ms is None else f"away since {sitter.away_ms} ms"
            lines.append(f"seat {seat:<4} {'free' if sitter is None else f'{sitter.player.name}, {here}'}")
    if fault is not None:
        lines += ["", f"fault     {fault.code} at {opened.failed_at:%Y-%m-%d %H:%M:%S} UTC, {fault.ms} ms of the room"]
        lines += ["", fault.trace.rstrip(), "", "last inputs:", fault.inputs]
    if opened.state:
        lines += ["", "state:", opened.state]
    return "\n".join(lines)
