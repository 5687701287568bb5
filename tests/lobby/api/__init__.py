"""Mirrors lobby/api."""
