"""Gives Twisted its event loop when it is imported, as Daphne would: ours can let players' sockets wait for a moment.

Import it before anything of Daphne, and so before Django's apps; a reactor that is there already is left alone.
"""

from __future__ import annotations

import asyncio
import os
import select
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from twisted.internet import asyncioreactor

from gameserver.patience import PatientSelector

SELECTOR: Final = PatientSelector() if hasattr(select, "epoll") else None
"""Of the loop, where the system has epoll: Linux."""

if "twisted.internet.reactor" not in sys.modules:
    _loop = asyncio.SelectorEventLoop(SELECTOR)
    if "ASGI_THREADS" in os.environ:  # as Daphne does for the loop that it would have brought
        _loop.set_default_executor(ThreadPoolExecutor(max_workers=int(os.environ["ASGI_THREADS"])))
    asyncioreactor.install(_loop)


def be_patient(fd: int) -> None:
    """This descriptor, which the loop does not watch yet, may be kept waiting under load."""
    if SELECTOR is not None:
        SELECTOR.be_patient(fd)


def forget(fd: int) -> None:
    """This descriptor is closed, or about to be: who gets its number next need not wait."""
    if SELECTOR is not None:
        SELECTOR.forget(fd)


def rest(seconds: float) -> None:
    """How long a patient socket may be kept waiting; 0: not at all."""
    if SELECTOR is not None:
        SELECTOR.rest_s = seconds
