"""The providers through which SMS are sent. Knows no document."""
