"""Fault injection tests of the delivery guarantees, with real processes that are killed, paused and disconnected."""
