"""The carrier: what can be asked of it and what it may answer. Knows no document."""
