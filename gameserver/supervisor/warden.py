"""Ends the children when the supervisor is gone, however it went (SIGKILL and out-of-memory included).

It leads the process group that all children join, and reads a pipe whose other end only the supervisor holds.
When that pipe ends the supervisor is gone: the group gets SIGTERM and, `GRACE_SECONDS` later, SIGKILL.
A group rather than a list of numbers: no child can be missed between its start and its entry in a list, and
children of children are in it too. It works wherever process groups do, so on macOS as on Linux.

Started by `wardship.py` as a plain script, without Django: the pipe is its standard input.
"""

from __future__ import annotations

import os
import signal
import sys
import time

GRACE_SECONDS = 3.0
IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def watch(pipe: int) -> None:
    """Return when the other end of the pipe is closed; end quietly when it says that all is done."""
    while said := os.read(pipe, 64):
        if said.strip() == b"done":
            sys.exit(0)


def end_group() -> None:
    """Ask the whole group to end, then make it; this process is in it and goes last."""
    os.killpg(0, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    watch(sys.stdin.fileno())
    end_group()
