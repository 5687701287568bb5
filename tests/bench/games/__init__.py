"""Small games that only the benchmark plays, installed as any game is: by an entry point of a package on PYTHONPATH.

pulse: nothing but ticks, of a state of about 470 bytes.        swarm: a hundred entities, of which some move.
"""

from __future__ import annotations

from pathlib import Path

from rooms.games.registry import GROUP

NAMES = ("pulse", "swarm")


def install(site: Path) -> Path:
    """Write what pip would write for a package with these games, into a folder for PYTHONPATH."""
    metadata = site / "holdfast_bench-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: holdfast-bench\nVersion: 1.0\n")
    points = "".join(f"{name} = tests.bench.games.{name}\n" for name in NAMES)
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{points}")
    return site
