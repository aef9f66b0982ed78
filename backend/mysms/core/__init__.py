"""Shared foundations without feature code: settings, errors, time, database, metrics."""
