"""`make bench`: Holdfast beside its peers, measured and not claimed.

Rules
1. Both sides play the same: the same clients, the same content, the same rates; what is counted is what arrived and
   was checked (tests/bench/load), never what was sent.
2. Every process of the server side runs on one core, the load generator on another; CPU time is the kernel's, of
   each process on its own. All that a side needs counts: of ours web, engine, lobby and Redis.
3. Sides take turns (A B A B); a table line is the median of the rounds with the least and the most of them.
4. A sample with a fault (frames missing, inputs unanswered, a saturated generator) is marked and shown, never dropped.
5. No figure stands in the code: reaches do, and each says whether it was met.

A row is a module in tests/bench/rows with a class of the Protocol in tests/bench/row.py.
"""
