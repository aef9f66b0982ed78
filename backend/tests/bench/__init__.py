"""Benchmarks: run by hand, and quoted where a decision rests on them."""
