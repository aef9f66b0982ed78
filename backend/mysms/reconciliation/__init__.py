"""Asks the provider about messages whose outcome or status is not known."""
