"""Tests: a mirror of the tree, plus `support/` (what they share), laws, golden files and whole-system runs."""
