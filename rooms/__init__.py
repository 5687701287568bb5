"""One live room, from the socket to Redis and back.

browser | bot  <->  consumer  <->  Redis  <->  engine  ->  rules

Three rules hold in this package (docs/architecture.md):
1. One writer: only the holder of a shard's lease writes its rooms, through one fenced commit. All others append inputs.
2. They meet in Redis, never in Python: consumers, engine and bots do not import each other.
3. Delta or everything: a delta builds on the newest whole its viewer was sent; one that lacks it gets the whole.
"""
