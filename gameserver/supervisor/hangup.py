"""What a SIGHUP means: the terminal is gone, so end; or, where it is not, somebody asks for new processes."""

from __future__ import annotations

import os


def has_terminal() -> bool:
    """Whether this process has a controlling terminal that still answers."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
