"""Tests of rooms/: one live room, from the wire to Redis."""
