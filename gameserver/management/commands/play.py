"""`manage.py play` (or `make play`): everything on one machine, under one supervisor, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.utils import Error as DatabaseError

from gameserver import connections, places
from gameserver.checks import ShardsDiffer, compare_shards
from gameserver.environment import read_text
from gameserver.supervisor import plan
from gameserver.supervisor.output import Screen
from gameserver.supervisor.port import PortError, names_of_this_machine, open_port
from gameserver.supervisor.supervisor import Supervisor
from gameserver.valkey import EmbeddedValkey, ValkeyError
from rooms.pools import DEFAULT, read_pools
from rooms.store import Store, StoreUnavailable

REDIS_SECONDS = 3.0


def number(least: int, most: int) -> Callable[[str], int]:
    """An argument type: a whole number within bounds, refused with a sentence."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return parse


def engines(text: str) -> dict[str, int]:
    """An argument type: how many engines the default pool has, and any other, such as 2,heavy:1."""
    counts: dict[str, int] = {}
    for part in text.split(","):
        pool, _, count = part.rpartition(":")
        counts[pool or DEFAULT] = number(1, 64)(count)
    unknown = counts.keys() - _pools()
    if unknown:
        raise argparse.ArgumentTypeError(f"no pool in HOLDFAST_POOLS is called {', '.join(sorted(unknown))}")
    return counts


def _pools() -> list[str]:
    """The names of the pools."""
    return read_pools(settings.HOLDFAST_POOLS, settings.HOLDFAST["SHARDS"]).names


class Command(BaseCommand):
    """Checks what the machine offers, then hands over to the supervisor."""

    help = (
        "Run everything on this machine: Valkey, web, engine, lobby worker and bots. Ctrl-C stops it; "
        "SIGHUP replaces every process but Valkey, one by one, while people play on."
    )
    requires_system_checks = "__all__"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The same names as `make play` has, in small letters."""
        parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0: the whole network")
        parser.add_argument("--port", type=number(1, 65_535), default=8000)
        parser.add_argument("--web", type=number(1, 64), default=1, metavar="N", help="web processes")
        parser.add_argument("--engines", type=engines, default={}, metavar="N[,POOL:N]", help="engine processes")
        parser.add_argument("--bots", type=number(0, 64), default=1, metavar="N", help="bot processes")
        parser.add_argument("--single", action="store_true", help="one process that does everything")

    def handle(self, *args: Any, **options: Any) -> None:
        """Every way in which a start can fail ends here, as one sentence and exit code 1."""
        names = ("host", "port", "web", "bots", "single")
        counts = {**dict.fromkeys(_pools(), 1), **options["engines"]}
        chosen = plan.Options(**{name: options[name] for name in names}, engines=counts.pop(DEFAULT), pools=counts)
        places.var_folder().mkdir(parents=True, exist_ok=True)
        _demand_layer(chosen)
        try:
            self._play(chosen)
        except (PortError, ValkeyError, ShardsDiffer, StoreUnavailable, redis.RedisError) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            shown = connections.without_password(settings.DATABASE_URL)
            raise CommandError(f"The database {shown} does not serve us: {error}. Check DATABASE_URL.") from error

    def _play(self, options: plan.Options) -> None:
        valkey = _embedded_valkey()
        with open_port(options.host, options.port) as listening:
            call_command("migrate", verbosity=0, interactive=False)
            _allow_own_names(options.host)
            address = plan.address(options)
            programs = plan.programs(options, settings.REDIS_URL, listening.fileno())
            asyncio.run(_supervise(valkey, programs, address))


def _demand_layer(options: plan.Options) -> None:
    """The in-memory layer ends at the process: no live list and no emotes would come through, and nobody be told."""
    if settings.CHANNEL_LAYERS["default"]["BACKEND"] == connections.MEMORY_LAYER and not options.single:
        raise CommandError("HOLDFAST_CHANNEL_LAYER=memory serves a single process. Unset it, or: make play SINGLE=1")


async def _supervise(valkey: EmbeddedValkey | None, programs: list[plan.Program], address: str) -> None:
    screen = Screen()
    store = Store(settings.ROOMS_URL, settings.HOLDFAST["SHARDS"])

    async def bury(life: str) -> None:
        try:
            await store.bury(life)
        except StoreUnavailable as error:
            screen.say("play", f"the shards of {life} must wait until their leases lapse: {error}")

    supervisor = Supervisor(screen, valkey, check=compare_shards, probe=lambda: answers(address), died=bury)
    try:
        await supervisor.run(programs, address)
    finally:
        await store.aclose()


def _embedded_valkey() -> EmbeddedValkey | None:
    """The embedded one, locked for us; None where REDIS_URL names another, which must answer."""
    if not read_text("REDIS_URL"):
        valkey = EmbeddedValkey(places.var_folder(), settings.FSYNC)
        valkey.lock()
        return valkey
    shown = connections.without_password(settings.REDIS_URL)
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=REDIS_SECONDS) as client:
            client.ping()
    except ValueError as error:
        raise ValkeyError(f"REDIS_URL={shown} is not understood: {error}") from error
    except redis.RedisError as error:
        raise ValkeyError(
            f"Nothing usable answers at REDIS_URL={shown} ({error}). Start Redis there, correct the address, "
            "or unset REDIS_URL to use the embedded Valkey."
        ) from error
    return None


def _allow_own_names(host: str) -> None:
    """Who opens the game to the network reaches it by this machine's names, unless told otherwise."""
    if host not in {"127.0.0.1", "localhost", "::1"} and not read_text("HOLDFAST_ALLOWED_HOSTS"):
        os.environ["HOLDFAST_ALLOWED_HOSTS"] = ",".join([*settings.ALLOWED_HOSTS, *names_of_this_machine(host)])


def answers(address: str) -> bool:
    """Whether a web process says that it is well."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False
