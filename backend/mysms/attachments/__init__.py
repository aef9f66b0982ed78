"""Pictures that users send with their messages (ADR 26)."""
