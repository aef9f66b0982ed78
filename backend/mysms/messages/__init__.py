"""Messages: their documents, their status, and the message history."""
