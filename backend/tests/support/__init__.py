"""Shared test helpers: processes, API users, polling."""
