"""Reads the media of messages, of those that came in as of those that were sent (ADRs 21 and 26)."""
