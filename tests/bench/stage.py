"""Where the rows play: folders, cores, how long a sample takes, and servers that stay up from sample to sample.

server = stage.keep("colyseus", lambda: Colyseus(stage))     # started once, ended with the stage
stage.say("sentence for the one who waits")
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from tests.bench.machine import Cores

T = TypeVar("T")


class Absent(Exception):
    """A side cannot run on this machine; the text says what is missing. It is reported, not passed over."""


@dataclass
class Stage:
    """A context: leaving it ends every server that was kept."""

    folder: Path
    """Temporary, of this run."""
    peers: Path
    """Where peers are installed; kept from run to run, so that a second one starts at once."""
    cores: Cores
    seconds: float = 2.0
    """Measured time of a sample; a row may take a multiple."""
    rounds: int = 3
    cases: tuple[str, ...] = ()
    """Only these cases of the rows, and only these sides; () is all."""
    sides: tuple[str, ...] = ()
    notes: dict[str, Any] = field(default_factory=dict)
    """What servers tell about themselves for the JSON: versions, settings as shipped."""
    _kept: dict[str, object] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def keep(self, key: str, start: Callable[[], AbstractContextManager[T]]) -> T:
        """What `start()` gives on entering it: from the second time on, the one that is kept."""
        if key not in self._kept:
            try:
                self._kept[key] = self._stack.enter_context(start())
            except Absent as missing:
                self._kept[key] = missing  # asked for once: npm may try for minutes
        kept = self._kept[key]
        if isinstance(kept, Absent):
            raise kept
        return cast(T, kept)

    @staticmethod
    def wanted(there: Sequence[str], asked: Sequence[str]) -> list[str]:
        """Of what is there, what was asked for."""
        return [one for one in there if not asked or one in asked]

    def let_go(self) -> None:
        """End every server that is kept: the next row begins with none."""
        self._kept.clear()
        self._stack.close()

    def say(self, line: str) -> None:
        """A line of progress; the table alone goes to standard output."""
        print(line, file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()
