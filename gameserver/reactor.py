"""Gives Twisted its event loop when it is imported, as Daphne would: ours can let players' sockets wait for a moment.

Import it before anything of Daphne, and so before Django's apps; a reactor that is there already is left alone.
"""

from __future__ import annotations

import asyncio
import select
import sys
from typing import Final

from twisted.internet import asyncioreactor

from gameserver.patience import PatientSelector

SELECTOR: Final = PatientSelector() if hasattr(select, "epoll") else None
"""Of the loop, where the system has epoll: Linux."""

if "twisted.internet.reactor" not in sys.modules:
    asyncioreactor.install(asyncio.SelectorEventLoop(SELECTOR))


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
