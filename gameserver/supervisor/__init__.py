"""Everything on one machine: starts the processes, starts them again when they die, stops them in order.

    plan.py       which processes, with which arguments and environment (pure)
    child.py      one process: start, restart with growing pauses, stop
    supervisor.py all of them: order of start and stop, signals, readiness
    port.py       the one listening socket that all web processes share
    output.py     their lines, each with the name of its process
    warden.py     a small process that ends the others if the supervisor itself is killed
    wardship.py   keeps that process, whose process group the others join

Rules:
1. The supervisor holds nothing that matters: Valkey and the database do.
2. Children live in a process group of their own (the warden's), so Ctrl-C reaches only the supervisor, which
   then ends them in order: web, bots, lobby, engines, Valkey.
3. No orphans: the warden holds a pipe from the supervisor; when it breaks, the group is ended.
"""
