"""The faults: what is done to whom, how long it lasts, and what holds afterwards. One function each, by its name.

Each is run in a thread beside the players. It returns when the fault is over (what was frozen runs again, what was
killed is started again); `Fault.bound_s` counts from there, or from its beginning where `whole` is set.

The sleeps here wait for nothing: they are how long something stays broken, and the seed decides it.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.chaos.stage import Stage

AGAIN_S: Final = 0.7
"""How long a supervisor waits before it starts a process again."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`keeps_sockets`: players' connections must survive it. `loses_rooms`: all rooms end, with a word."""

    name: str
    run: Callable[[Stage, Random, float], str]
    """(stage, chance, seconds it lasts) -> whom it hit: the name of a process or line, "" for all."""
    bound_s: float
    lasts_s: float = 0.0
    brief_s: float = 0.0
    """The same in a run that is in a hurry."""
    whole: bool = False
    keeps_sockets: bool = False
    loses_rooms: bool = False
    tells_s: float = 0.0
    """It lasts so long that players are told "degraded" within this time; 0: it need not be told."""


def _one(stage: Stage, rng: Random, role: str) -> str:
    return rng.choice([name for name in sorted(stage.cast) if name.startswith(role)])


def _again(stage: Stage, name: str) -> str:
    time.sleep(AGAIN_S)
    stage.restart(name)
    return name


def kill_engine(stage: Stage, rng: Random, lasts_s: float) -> str:
    """SIGKILL."""
    name = _one(stage, rng, "engine")
    stage.end(name)
    return _again(stage, name)


def kill_web(stage: Stage, rng: Random, lasts_s: float) -> str:
    """SIGKILL."""
    name = _one(stage, rng, "web")
    stage.end(name)
    return _again(stage, name)


def kill_lobby(stage: Stage, rng: Random, lasts_s: float) -> str:
    """SIGKILL, also between reading a finished match and writing it."""
    stage.end("lobby-0")
    return _again(stage, "lobby-0")


def stop_engine(stage: Stage, rng: Random, lasts_s: float) -> str:
    """SIGSTOP for longer than its leases, then SIGCONT."""
    name = _one(stage, rng, "engine")
    stage.cast[name].send(signal.SIGSTOP)
    time.sleep(lasts_s + rng.random())
    stage.cast[name].send(signal.SIGCONT)
    return name


def drain_engine(stage: Stage, rng: Random, lasts_s: float) -> str:
    """SIGTERM: it hands its shards over."""
    name = _one(stage, rng, "engine")
    stage.end(name, signal.SIGTERM)
    stage.cast[name].wait(15)
    return _again(stage, name)


def end_web(stage: Stage, rng: Random, lasts_s: float) -> str:
    """SIGTERM: it closes its sockets with 1012."""
    name = _one(stage, rng, "web")
    stage.end(name, signal.SIGTERM)
    stage.cast[name].wait(15)
    return _again(stage, name)


def partition_engine(stage: Stage, rng: Random, lasts_s: float) -> str:
    """Nothing passes between one engine and Redis, for longer than its leases; then what was under way arrives."""
    name = _one(stage, rng, "engine")
    stage.network.do(f"redis-{name}", "stall")
    time.sleep(lasts_s + rng.random())
    stage.network.do(f"redis-{name}", "flow")
    return name


def partition_web(stage: Stage, rng: Random, lasts_s: float) -> str:
    """Nothing passes between one web process and Redis, for a while or for longer than its sockets are kept."""
    name = _one(stage, rng, "web")
    stage.network.do(f"redis-{name}", "stall")
    time.sleep(rng.choice((2.0, lasts_s)))
    stage.network.do(f"redis-{name}", "flow")
    return name


def freeze_redis(stage: Stage, rng: Random, lasts_s: float) -> str:
    """SIGSTOP, then SIGCONT."""
    stage.valkey.pause()
    time.sleep(lasts_s)
    stage.valkey.resume()
    return ""


def restart_redis(stage: Stage, rng: Random, lasts_s: float) -> str:
    """SIGTERM, and again with the same append-only file."""
    stage.valkey.stop()
    time.sleep(rng.random())
    stage.valkey.start()
    return ""


def kill_redis(stage: Stage, rng: Random, lasts_s: float) -> str:
    """SIGKILL, and again with the same append-only file."""
    stage.valkey.kill()
    time.sleep(rng.random())
    stage.valkey.start()
    return ""


def reset_redis(stage: Stage, rng: Random, lasts_s: float) -> str:
    """Every connection to Redis ends at once."""
    stage.each(stage.lines(), "reset")
    return ""


def slow_redis(stage: Stage, rng: Random, lasts_s: float) -> str:
    """200 ms for each round trip to Redis, for everyone."""
    stage.each(stage.lines(), "set", delay_s=0.1)
    time.sleep(lasts_s)
    stage.each(stage.lines(), "set")
    return ""


def fill_redis(stage: Stage, rng: Random, lasts_s: float) -> str:
    """Out of memory: every write is refused."""
    with stage.valkey.client() as client:
        client.config_set("maxmemory", 1)
        time.sleep(lasts_s)
        client.config_set("maxmemory", 0)
    return ""


def flush_redis(stage: Stage, rng: Random, lasts_s: float) -> str:
    """All memory is gone."""
    with stage.valkey.client() as client:
        client.flushall()
    return ""


def stall_clients(stage: Stage, rng: Random, lasts_s: float) -> str:
    """Nothing passes between players and one web process for a while."""
    line = f"client-{rng.randrange(len(stage.ports))}"
    stage.network.do(line, "stall")
    time.sleep(rng.choice((1.0, lasts_s)))
    stage.network.do(line, "flow")
    return line


def reset_clients(stage: Stage, rng: Random, lasts_s: float) -> str:
    """RST to half of the connections of players."""
    stage.each([f"client-{n}" for n in range(len(stage.ports))], "reset", share=0.5)
    return ""


def half_open_clients(stage: Stage, rng: Random, lasts_s: float) -> str:
    """Half of the connections of players lose one direction and nobody is told: one of both ends has to notice."""
    way = rng.choice(("in", "out"))
    for web in range(len(stage.ports)):
        stage.halved |= {(web, port) for port in stage.network.do(f"client-{web}", "half_open", way=way, share=0.5)}
    return ""


def slow_clients(stage: Stage, rng: Random, lasts_s: float) -> str:
    """A bad line to one web process: late, uneven, narrow."""
    line = f"client-{rng.randrange(len(stage.ports))}"
    stage.network.do(line, "set", delay_s=0.15, jitter_s=0.1, bytes_per_s=20_000)
    time.sleep(lasts_s)
    stage.network.do(line, "set")
    return line


FAULTS: Final = {
    fault.name: fault
    for fault in (
        Fault("engine-kill", kill_engine, 6, whole=True, keeps_sockets=True),
        Fault("engine-stop", stop_engine, 8, 2.5, 2.0, whole=True, keeps_sockets=True),
        Fault("engine-partition", partition_engine, 8, 2.5, 2.0, whole=True, keeps_sockets=True),
        Fault("engine-drain", drain_engine, 6, whole=True, keeps_sockets=True),
        Fault("web-kill", kill_web, 8, whole=True),
        Fault("web-term", end_web, 8, whole=True),
        Fault("web-partition", partition_web, 8, 6.5, 2.0),
        Fault("lobby-kill", kill_lobby, 5, whole=True, keeps_sockets=True),
        Fault("redis-freeze", freeze_redis, 5, 5.0, 2.6, keeps_sockets=True, tells_s=2.0),
        Fault("redis-restart", restart_redis, 5, keeps_sockets=True),
        Fault("redis-kill", kill_redis, 5, keeps_sockets=True),
        Fault("redis-reset", reset_redis, 5, keeps_sockets=True),
        Fault("redis-slow", slow_redis, 5, 3.0, 1.0, keeps_sockets=True),
        Fault("redis-full", fill_redis, 5, 3.0, 2.6, keeps_sockets=True, tells_s=2.0),
        Fault("redis-flush", flush_redis, 8, loses_rooms=True),
        Fault("client-stall", stall_clients, 9, 6.0, 1.0),
        Fault("client-reset", reset_clients, 5),
        Fault("client-half-open", half_open_clients, 12),
        Fault("client-slow", slow_clients, 6, 3.0, 1.0),
    )
}
"""By name. Bounds in seconds, on a machine whose cores are not taken by others."""
