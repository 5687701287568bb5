"""The lobby: pages, API, live list, worker. Shared by its tests: `world.py` (rooms in a real Valkey, clients)."""
