"""Contacts: what users call the numbers that they write to."""
