"""Programs that play: a client of the public protocol, and the process that plays the built-in bots with it.

Rules:
1. A bot is a player like any other: it comes in over a WebSocket, sees its seat's view, is checked.
2. The client (client.py and what it imports) knows no Django, no Redis and no engine: it works anywhere.
3. One bot's fault is its own: it ends that bot, is logged and counted, and touches no other.
"""
