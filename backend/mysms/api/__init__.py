"""The HTTP edge: one router for each resource. A router parses, calls one service function, and answers."""
