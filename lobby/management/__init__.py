"""The lobby's commands."""
