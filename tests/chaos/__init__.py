"""Rooms that never die: real processes are hurt from a seed, players log all they send and hear, a checker reads that.

    make chaos SEED=7 MINUTES=5                                 # faults at random, then a table; var/chaos/latest.json
    make chaos COUNTS=engine-kill:200,web-kill:50,redis:20      # so many of each, in an order that the seed decides
    make chaos-leaks                                            # is everything given back after a thousand rooms?

faults -> fleet <- players -> histories -> checker -> report

1. Faults and their times come from the seed alone; a printed seed repeats them.
2. The checker is pure and believes only logs, journals and rules; test_mutations.py shows that it notices.
3. Nothing is tolerated for being likely: what a promise of docs/protocol.md excludes is a violation.
"""
