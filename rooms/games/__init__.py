"""The games: one pure Python file each, and one JavaScript file that draws it. docs/games.md teaches more.

1. A game is found by being there: a module of this package, or an entry point of an installed package.
2. Games are pure and do not know each other: no Django, Redis, asyncio, clock or global chance.
3. What every game owes (determinism, secrecy, an end) is held by tests/laws, which finds every game.
"""

from rooms.games.registry import UnknownGame, broken_games, find_games, forget_games, get_rules

__all__ = ["UnknownGame", "broken_games", "find_games", "forget_games", "get_rules"]
