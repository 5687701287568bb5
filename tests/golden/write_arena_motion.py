"""Writes arena_motion.json: ships in motion, as rooms/games/arena.py moves them and arena.js must predict
them.

Run it from the checkout after a change of the motion: python -m tests.golden.write_arena_motion
The file: `constants`; `sine`, every 64th value from angle 0, and `sine_sum`, the sum of all 4096 absolute
values; `paths`, each with the arena's width and height, a ship's row at `start`, `controls` as they are held
in each tick (bits: 1 thrust, 2 left, 4 right) and the `rows` [x, y, angle, vx, vy, spin] after each tick;
`shots`, each with a ship's row and the shot [x, y, vx, vy] that leaves it (before its first move).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from rooms.core.rng import Rng
from rooms.games import arena
from rooms.games.arena import LEFT, RIGHT, SHIP, THRUSTING, Ship

GOLDEN = Path(__file__).with_name("arena_motion.json")
NAMES = (
    "SPIN",
    "SPIN_MAX",
    "THRUST",
    "DRAG",
    "SHIP",
    "HIT",
    "SHOT_SPEED",
    "SHOT_LIFE",
    "RELOAD",
    "DOWN",
    "SHIELD",
)
TICKS = 120


def golden() -> dict[str, Any]:
    """What the file holds, computed anew."""
    return {
        "constants": {name: getattr(arena, name) for name in NAMES},
        "sine": arena.SINE[::64],
        "sine_sum": sum(map(abs, arena.SINE)),
        "paths": [path(name, *case) for name, case in sorted(cases().items())],
        "shots": [shot(ship) for ship in shooters()],
    }


def cases() -> dict[str, tuple[Ship, list[int]]]:
    """Ships and their controls: into each wall, both ways round, coasting to rest, and at random."""
    middle = (1200 * 16, 675 * 16)
    found = {
        "rest": (Ship(0, *middle, 0, 0, 0), [0] * TICKS),
        "coast": (Ship(0, *middle, 100, 333, -87), [0] * TICKS),
        "coast back": (Ship(0, *middle, 100, -333, 87), [0] * TICKS),
        "right turn": (Ship(0, *middle, 4000, 0, 0), [RIGHT] * TICKS),
        "left turn": (Ship(0, *middle, 60, 0, 0), [LEFT] * TICKS),
        "there and back": (Ship(0, *middle, 0, 0, 0), ([RIGHT] * 3 + [LEFT] * 5 + [0]) * 13),
    }
    for name, angle in {"east": 0, "south": 1024, "west": 2048, "north": 3072, "corner": 2600}.items():
        found[name] = (Ship(0, *middle, angle, 0, 0), [THRUSTING] * TICKS)
    for seed in range(6):
        found[f"random {seed}"] = at_random(Rng("golden", seed))
    return found


def at_random(rng: Rng) -> tuple[Ship, list[int]]:
    ship = Ship(
        rng.below(16),
        rng.between(SHIP, 2400 * 16 - SHIP),
        rng.between(SHIP, 1350 * 16 - SHIP),
        rng.below(4096),
        rng.between(-400, 400),
        rng.between(-400, 400),
    )
    held: list[int] = []
    while len(held) < TICKS:
        held += [rng.choice((0, THRUSTING)) | rng.choice((0, LEFT, RIGHT))] * rng.between(1, 12)
    return ship, held[:TICKS]


def path(name: str, ship: Ship, controls: list[int], width: int = 2400, height: int = 1350) -> dict[str, Any]:
    start, rows = msgspec.to_builtins(ship), []
    for held in controls:
        ship.controls = held
        arena.fly(ship, width * 16, height * 16)
        rows.append([ship.x, ship.y, ship.angle, ship.vx, ship.vy, ship.spin])
    return {
        "name": name,
        "width": width,
        "height": height,
        "start": start,
        "controls": controls,
        "rows": rows,
    }


def shooters() -> list[Ship]:
    rng = Rng("golden", "shots")
    return [at_random(rng)[0] for _ in range(12)]


def shot(ship: Ship) -> dict[str, Any]:
    row = msgspec.to_builtins(ship)
    fired = arena.fire(ship, 1)
    return {"ship": row, "shot": [fired.x, fired.y, fired.vx, fired.vy]}


def render() -> str:
    """The file's text: one path a line, so that a change shows which paths it touched."""
    parts = golden()
    lines = [f"{json.dumps(key)}: {json.dumps(parts[key])}" for key in ("constants", "sine", "sine_sum")]
    for key in ("paths", "shots"):
        inner = ",\n".join(json.dumps(one, separators=(",", ":")) for one in parts[key])
        lines.append(f"{json.dumps(key)}: [\n{inner}\n]")
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    GOLDEN.write_text(render(), encoding="utf-8")
