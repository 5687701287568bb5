"""Copies an npm lock file without the addresses in it: a lock says what (version, hash), not where from."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ADDRESSES = ("resolved", "funding")


def strip(text: str) -> str:
    """The lock as text, every package without its addresses."""
    lock = json.loads(text)
    for package in lock["packages"].values():
        for key in ADDRESSES:
            package.pop(key, None)
    return json.dumps(lock, indent=2) + "\n"


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text(strip(source.read_text()))
