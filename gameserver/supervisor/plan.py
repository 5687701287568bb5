"""Which processes one machine runs, in the order of their start. Pure: options in, list out."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

MANAGE = Path(__file__).resolve().parent.parent.parent / "manage.py"


@dataclass(frozen=True, slots=True)
class Options:
    """What `play` was asked for."""

    host: str = "127.0.0.1"
    port: int = 8000
    web: int = 1
    engines: int = 1
    bots: int = 1
    single: bool = False
    pools: Mapping[str, int] = field(default_factory=dict)
    """Engines of each named pool; `engines` are those of the default one."""


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep running."""

    name: str
    argv: tuple[str, ...]
    group: str  # programs of a group are stopped together
    env: Mapping[str, str] = field(default_factory=dict)
    inherited: tuple[int, ...] = ()  # file descriptors it takes over
    owns: bool = False  # shards: to be released when it dies
    tells: bool = False  # when it is ready (rooms/readiness.py)


STOP_ORDER = ("web", "bots", "lobby", "engine", "valkey")


def address(options: Options) -> str:
    """Where people find the game: a host that stands for "all" is shown as this machine."""
    host = "127.0.0.1" if options.host in {"0.0.0.0", "::", ""} else options.host
    return f"http://{f'[{host}]' if ':' in host else host}:{options.port}"


def programs(options: Options, redis_url: str, listening: int) -> list[Program]:
    """All processes but Valkey. Web processes share the listening socket whose descriptor is given."""
    common = {"REDIS_URL": redis_url, "PYTHONUNBUFFERED": "1"}
    return list(_single(common, listening) if options.single else _many(options, common, listening))


def _single(common: Mapping[str, str], listening: int) -> Iterator[Program]:
    env = {**common, "HOLDFAST_SINGLE": "1", "HOLDFAST_CHANNEL_LAYER": "memory"}
    yield _command("web", 0, ("runweb", "--single", "--fd", str(listening)), env, (listening,))


def _many(options: Options, common: Mapping[str, str], listening: int) -> Iterator[Program]:
    for number in range(options.engines):
        yield _command("engine", number, ("runengine",), common)
    of_pools = [pool for pool, count in options.pools.items() for _ in range(count)]
    for number, pool in enumerate(of_pools, options.engines):
        yield _command("engine", number, ("runengine",), {**common, "HOLDFAST_POOL": pool})
    yield _command("lobby", 0, ("runlobby",), common)
    for number in range(options.web):
        yield _command("web", number, ("runweb", "--fd", str(listening)), common, (listening,))
    for number in range(options.bots):
        yield _command("bots", number, ("runbots", "--url", address(options)), common)


def _command(
    group: str,
    number: int,
    words: tuple[str, ...],
    env: Mapping[str, str],
    inherited: tuple[int, ...] = (),
) -> Program:
    """A management command as a program; the first of a group bears the group's name alone."""
    name = group if number == 0 else f"{group}-{number + 1}"
    argv = (sys.executable, str(MANAGE), *words)
    owns = "runengine" in words or "--single" in words
    tells = group in ("engine", "web")
    return Program(name, argv, group, {**env, "HOLDFAST_PROCESS": name}, inherited, owns, tells)
