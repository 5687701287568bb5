"""Tests of the management commands of rooms."""
