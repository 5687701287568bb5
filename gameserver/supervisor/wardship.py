"""Keeps the warden (warden.py) running and tells children which process group to join."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("warden.py")


class Wardship:
    """The warden and its process group. Call `dismiss` when all children have ended, or it will end them."""

    def __init__(self) -> None:
        """Starts a warden in a new process group."""
        self._warden = self._start(0)
        self._group = self._warden.pid

    def group(self) -> int:
        """The process group to join; a warden that was killed is replaced first."""
        if self._warden.poll() is not None:
            try:
                self._warden = self._start(self._group)  # the children that live still form the old group
            except PermissionError:  # none does: a group without members cannot be joined
                self._warden = self._start(0)
                self._group = self._warden.pid
        return self._group

    def dismiss(self) -> None:
        """Let the warden go: everybody has ended in order."""
        assert self._warden.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._warden.stdin.write(b"done\n")
            self._warden.stdin.close()
        self._warden.wait(timeout=5)

    def kill_all(self) -> None:
        """End everything in the group at once, the warden too."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._group, signal.SIGKILL)

    @staticmethod
    def _start(group: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            process_group=group,
            bufsize=0,
        )
