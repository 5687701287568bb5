"""What whoever started this process is told of it: a name for its life, and that it serves now.

A supervisor gives each life of a process a name, so that it can release what a dead engine held, and one end of a pipe,
so that a rolling restart ends the old process when the new one can take its place. Without one, both do nothing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import Final

LIFE: Final = "HOLDFAST_LIFE"
READY_FD: Final = "HOLDFAST_READY_FD"


def life() -> str:
    """The name of this life of the process, used by no other; made up when nobody gave one."""
    return os.environ.get(LIFE) or secrets.token_hex(6)


def tell_ready() -> None:
    """Say that this process serves: requests are answered, or shards are owned. Only the first time counts."""
    descriptor = os.environ.pop(READY_FD, "")
    if not descriptor:
        return
    with contextlib.suppress(OSError):  # whoever asked is gone
        os.write(int(descriptor), b"ready\n")
        os.close(int(descriptor))
