"""The scripts: one file for each operation that must happen whole or not at all, named by what it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from typing import Final, TypeAlias

SCRIPTS: Final = Path(__file__).parent / "scripts"


@dataclass(frozen=True, slots=True)
class Script:
    """A script as Redis knows it: by the SHA-1 of its text."""

    name: str
    text: bytes
    sha: str


def read_script(name: str) -> Script:
    """The script in scripts/<name>.lua."""
    text = (SCRIPTS / f"{name}.lua").read_bytes()
    return Script(name, text, sha1(text, usedforsecurity=False).hexdigest())


Call: TypeAlias = "tuple[Script, Sequence[str], Sequence[str | bytes | int | float]]"
"""A script, its keys, its arguments."""
