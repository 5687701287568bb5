"""The rules of a room: pure functions over plain structs.

1. Nothing here knows Django, Redis, asyncio, a clock or a global source of chance: time and chance come by argument.
2. The same room and the same inputs give the same bytes, in any process.
"""
