"""Small games that the benchmark alone plays, installed as any game is: by an entry point of a package on PYTHONPATH.

board: a text of 128 letters that is new at every tick.       marks: what each player said last, shown twice a second.
drift: eight ships, each steered by its player, and a coin.   These three are played by the peers too, with the same
state and the same rules (peers/colyseus.mjs). In all of them `n` counts the states, and a player's `mark` is the number
of its last input that counted: so a client can tell a new state from an old one, and which of its inputs a state has
seen, in the same way on every server.

pulse: nothing but ticks, of a state of about 470 bytes.      swarm: a hundred entities, of which some move.
still: nothing at all.                                        flood: a text of 8 KiB that is new at every tick.
The last three are played by Colyseus, too.
"""

from __future__ import annotations

from pathlib import Path

from rooms.games.registry import GROUP

NAMES = ("board", "marks", "drift", "flood", "pulse", "still", "swarm")


def install(site: Path) -> Path:
    """Write what pip would write for a package with these games, into a folder for PYTHONPATH."""
    metadata = site / "holdfast_bench-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: holdfast-bench\nVersion: 1.0\n")
    points = "".join(f"{name} = tests.bench.games.{name}\n" for name in NAMES)
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{points}")
    return site
