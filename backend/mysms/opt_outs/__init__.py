"""Opt-outs: who must not be written to, since when, and by what. STOP means stop."""
