"""What can go wrong between us and Redis, each with a sentence that may be shown to an operator."""

from __future__ import annotations


class StoreUnavailable(Exception):
    """Redis cannot do its part now: unreachable, silent, loading, out of memory, read-only, or refusing us.

    What was asked may or may not have happened. Nothing was tried twice: callers decide whether to ask again.
    """

    def __init__(self, reason: str) -> None:
        """`reason`: one sentence in plain words."""
        super().__init__(reason)
        self.reason = reason


class NodeAway(StoreUnavailable):
    """A server cannot be reached or does not answer: of a cluster, the others may."""


class NotAppended(StoreUnavailable):
    """Some entries were not appended, or it is not known; all others were."""

    def __init__(self, reason: str, refused: list[int]) -> None:
        """`refused`: the positions, in what was given to `append`, of the entries to append again."""
        super().__init__(reason)
        self.refused = refused


class LogFull(NotAppended):
    """Some shards' logs took no more entries, as no engine reads them. All other entries were appended."""

    def __init__(self, shards: list[int], refused: list[int]) -> None:
        """`refused`: the positions, in what was given to `append`, of the entries that were not appended."""
        names = ", ".join(str(shard) for shard in shards)
        super().__init__(f"The log of shard {names} is full: is an engine running?", refused)
        self.shards = shards


class TooLarge(ValueError):
    """An entry exceeds the limit and was not appended, nor was anything that was given with it."""


class ShardsDiffer(Exception):
    """This Redis keeps its rooms in another number of shards than we were told to use."""

    def __init__(self, stored: int, ours: int) -> None:
        """Both numbers, so that the operator can set the right one."""
        super().__init__(
            f"This Redis holds rooms in {stored} shards, but SHARDS is {ours}. "
            f"Set SHARDS={stored}, or use an empty Redis."
        )
        self.stored = stored
        self.ours = ours


class Fenced(Exception):
    """A shard is not ours any more, or not in the state we believed: nothing was written or published.

    Returned for a commit, raised by `load`. Forget the shard's rooms. If the lease is still ours, load it
    again; else whoever wants the shard takes it anew.
    """

    def __init__(self, shard: int, epoch: int, seen_owner: str, seen_epoch: int, why: str) -> None:
        """`epoch` is the one refused; `seen_*` what the lease says now; `why` one of "lease", "head", "memory"."""
        super().__init__(
            f"Shard {shard} refused epoch {epoch} ({why}): it is at epoch {seen_epoch}, owner {seen_owner or 'nobody'}."
        )
        self.shard = shard
        self.epoch = epoch
        self.seen_owner = seen_owner
        self.seen_epoch = seen_epoch
        self.why = why
