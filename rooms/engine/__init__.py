"""The clock of the rooms: it owns shards by lease, advances their rooms, commits, and hands out what follows.

1. Nothing is sent that is not committed: frames, replies and refusals leave inside the commit script.
2. A commit whose fate is unknown ends the shard's life here: it is taken again with a new epoch and loaded afresh.
3. One room's fault is its own: it is paused, and the pass goes on with the next room.
"""
