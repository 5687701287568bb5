"""The lines of all processes on one screen, each led by the name of its process."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TextIO

COLOURS = {"web": 36, "engine": 32, "lobby": 35, "bots": 33, "valkey": 34, "play": 1}
NAME_WIDTH = 9
CHUNK = 65_536
LONGEST_LINE = 16_384  # a longer one is shown in pieces


class Screen:
    """Where the lines go; colour only where a person reads them."""

    def __init__(self, stream: TextIO = sys.stderr, *, colour: bool | None = None) -> None:
        """`colour` None: if the stream is a terminal."""
        self._stream = stream
        self._colour = stream.isatty() if colour is None else colour

    def say(self, name: str, line: str) -> None:
        """Write one line of the process `name`."""
        label = f"{name:<{NAME_WIDTH}}"
        if self._colour:
            label = f"\033[{COLOURS.get(name.partition('-')[0], 0)}m{label}\033[0m"
        # The terminal may be closed while children still talk: stopping them in order goes on unseen.
        with contextlib.suppress(OSError):
            self._stream.write(f"{label} {line}\n")
            self._stream.flush()

    async def follow(self, name: str, pipe: asyncio.StreamReader) -> None:
        """Pass on what a process writes until it ends; a line is shown when it is whole."""
        rest = b""
        while chunk := await pipe.read(CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self.say(name, line.decode(errors="replace").rstrip())
        if rest:
            self.say(name, rest.decode(errors="replace").rstrip())
