"""The HTTP API: one router for each resource. A route parses the request, calls one service method, and responds."""
