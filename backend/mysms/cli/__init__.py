"""The command `mysms`."""
