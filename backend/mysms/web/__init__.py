"""The HTTP edge. Knows no feature."""
