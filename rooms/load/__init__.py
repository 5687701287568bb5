"""Load from outside: many bots in many rooms of a running server, over real sockets, and what they measured.

manage.py loadtest -> [running] -> [table] -> [seat] -> rooms/bots/client.py -> server
                          └──────── [tally] ◄────┘  -> [report] -> words, JSON, exit code
"""
