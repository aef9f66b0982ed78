"""Reconciliation: queries the provider for unconfirmed messages, and for statuses that no callback has reported."""
