"""Callers whom this process looked up a moment ago: a program that calls often costs the database one look-up a minute.

A word in the cache is another one whenever a token was revoked. It is read in the round trip that counts the call, and
who was looked up under another word is looked up again: so a revoked token is out at once, in every process.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone

from lobby.tokens import USED_EVERY, Caller, look_up, renew_word, use_is_due
from lobby.uses import uses

MOST_KNOWN: Final = 4096
OPERATE: Final = "operate"


@dataclass(frozen=True, slots=True)
class Known:
    """What a look-up found."""

    word: bytes
    """That was read before it."""
    until: datetime
    """Then it is made again, for the time of use that the database shows."""
    caller: Caller


class Callers:
    """By the digest of their token."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Known] = OrderedDict()

    async def find(self, digest: str, word: bytes | None) -> Caller | None:
        """Who shows a token, under the word that was read for this call; None: the cache has lost it."""
        known = self._known.pop(digest, None)
        if known is not None and word == known.word and timezone.now() < known.until:
            self._known[digest] = known
            return known.caller
        found = await look_up(digest)
        if found is None:
            return None
        caller, used = found
        if used is None or use_is_due(used):
            used = timezone.now()
            uses.note(caller.token)
        if word is None:
            await renew_word()  # to be known from the next call on
        elif OPERATE not in caller.scopes:  # whoever may do everything is looked up for each call
            self._known[digest] = Known(word, min(used, timezone.now()) + USED_EVERY, caller)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return caller


callers: Final = Callers()
"""Those of this process."""
