"""Tests of rooms/bots/: the Python client, and the bots that play with it."""
