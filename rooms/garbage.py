"""The garbage collector of webs and engines: what was loaded at the start is not looked through again and again.

Django and the games are some hundred thousand objects that live as long as the process. A full collection goes over all
of them, and while it does no socket is served: longer than most frames take to all their readers together. Frozen, they
are left out, and a full collection looks at sockets and rooms alone. A parcel of many rooms is decoded into a thousand
objects that live for one pass; with Python's own first threshold each would set off collections that find nothing.

What comes in thousands (inputs, moves) is besides not counted at all: structs of plain values with `gc=False`. With
them counted, collections were a sixth of what an engine did in a pass over rooms whose players move, and some lasted
longer than a tick.
"""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (10_000, 20, 50)
"""Objects made and not freed before the young are looked through; how often, before older ones are; and the oldest."""


def settle() -> None:
    """Call it once, when all is loaded and before the first socket comes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
