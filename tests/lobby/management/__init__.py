"""Mirrors lobby/management."""
