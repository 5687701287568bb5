"""The supervisor's end of the pipe on which a process says that it serves (rooms/readiness.py is the other)."""

from __future__ import annotations

import asyncio
import os


class Readiness:
    """One for each life of a process. Give `env` and `inherited` to it, then `listen`, then await `said`."""

    def __init__(self, life: str) -> None:
        """`life`: the name of the life that begins."""
        self._read, self._write = os.pipe()
        self.env = {"HOLDFAST_LIFE": life, "HOLDFAST_READY_FD": str(self._write)}
        self.inherited = (self._write,)
        self.said: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        """True once the process serves; False when it ended without having said so."""

    def listen(self) -> None:
        """The process has its end, or was never born: let go of it here."""
        os.close(self._write)
        asyncio.get_running_loop().add_reader(self._read, self._heard)

    def _heard(self) -> None:
        word = os.read(self._read, 16)
        asyncio.get_running_loop().remove_reader(self._read)
        os.close(self._read)
        if not self.said.done():
            self.said.set_result(bool(word))

    def close(self) -> None:
        """Nobody listens any more."""
        if not self.said.done():
            asyncio.get_running_loop().remove_reader(self._read)
            os.close(self._read)
            self.said.set_result(False)
