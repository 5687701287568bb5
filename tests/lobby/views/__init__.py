"""Mirrors lobby/views."""
