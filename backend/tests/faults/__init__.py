"""The delivery guarantees, proved by breaking things: real processes, killed, stopped, cut off and lied to."""
