"""Requests that nobody would think of, made from the OpenAPI document."""
