"""Revisions and the change feed: every process learns what has changed for which user (see docs/decisions/0012)."""
