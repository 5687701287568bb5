"""Gives Twisted its event loop when it is imported, as Daphne would, and lets players' sockets wait for a moment in it.

Import it before anything of Daphne, and so before Django's apps; a reactor that is there already is left alone.
"""

from __future__ import annotations

import asyncio
import os
import select
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from twisted.internet import asyncioreactor

from gameserver.patience import Patience, PatientLoop

LOOP: Final = asyncio.SelectorEventLoop() if "twisted.internet.reactor" not in sys.modules else None
"""The loop that Twisted was given."""
PATIENCE: Final = Patience(LOOP) if LOOP is not None and hasattr(select, "epoll") else None
"""Of that loop, where the system has epoll: Linux."""
_PATIENT: Final[Any] = LOOP if LOOP is None or PATIENCE is None else PatientLoop(LOOP, PATIENCE)

if LOOP is not None:
    if "ASGI_THREADS" in os.environ:  # as Daphne does for the loop that it would have brought
        LOOP.set_default_executor(ThreadPoolExecutor(max_workers=int(os.environ["ASGI_THREADS"])))
    asyncioreactor.install(LOOP)


def players_loop() -> Any:
    """The running event loop, as the transport of a socket is to see it that may be kept waiting under load."""
    running = asyncio.get_running_loop()
    return _PATIENT if running is LOOP else running


def rest(seconds: float) -> None:
    """How long a patient socket may be kept waiting; 0: not at all."""
    if PATIENCE is not None:
        PATIENCE.rest_s = seconds
