"""Measurements: run by hand, and written down where something was decided by them."""
