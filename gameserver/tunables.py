"""Every number of our own that an operator may change: one table, each overridden by HOLDFAST_<NAME>.

They reach the code as `settings.HOLDFAST["NAME"]`. A time carries its unit in its name.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from gameserver.environment import Tunable, read_number

TUNABLES = (
    Tunable("SHARDS", 16, 1, 1024, "parts the rooms are spread over; fixed for the life of a Redis"),
    Tunable("LEASE_MS", 1200, 300, 60_000, "how long an engine owns a shard without renewing it"),
    Tunable("WEB_TTL_MS", 5000, 1000, 120_000, "how long a silent web process keeps its sockets attached"),
    Tunable("ROOM_IDLE_S", 60, 5, 86_400, "how long a room without anybody stays open"),
    Tunable("PAUSED_IDLE_S", 3600, 5, 604_800, "how long a paused room without anybody stays open"),
    Tunable("EVENTS_KEPT", 256, 256, 65_536, "events a room keeps for those who come back"),
    Tunable("MAX_SOCKETS", 10_000, 1, 1_000_000, "open WebSockets of one web process"),
    Tunable("MAX_SOCKETS_PER_ADDRESS", 512, 1, 1_000_000, "open WebSockets of one address and web process"),
    Tunable("MAX_INPUT_BYTES", 4096, 256, 65_536, "size of one message from a client"),
    Tunable("MAX_ROOMS", 10_000, 1, 1_000_000, "open rooms altogether"),
    Tunable("STEP_MS", 250, 0, 10_000, "processor time of one room in one pass before it is stopped; 0: no limit"),
    Tunable("REPLAY_DAYS", 90, 0, 36_500, "how long replays of finished matches are kept; 0: for ever"),
    Tunable("WAIT_REPLICAS", 0, 0, 5, "replicas of Redis that must have a commit before anybody is told of it"),
    Tunable("BOTS_MAX", 500, 1, 100_000, "built-in bots that one bots process plays at once"),
    Tunable("PING_S", 20, 1, 600, "silence after which a socket is pinged"),
    Tunable("REST_MS", 5, 0, 50, "how long players' messages gather in the kernel while many come; 0: not at all"),
    Tunable("PONG_S", 10, 1, 600, "how long a pinged socket has to answer"),
)


def read_tunables(env: Mapping[str, str] = os.environ) -> dict[str, int]:
    """All of them, read from the environment; raises `ImproperlyConfigured` naming the first wrong one."""
    return {tunable.name: read_number(tunable, env) for tunable in TUNABLES}
