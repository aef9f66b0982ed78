"""The outbox: sends each message once through the provider, and records the outcome."""
