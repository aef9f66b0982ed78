"""Messages: what they are, what their status is, and reading them."""
