"""Hands messages to the provider, each once, and records their outcome."""
