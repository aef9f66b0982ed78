"""Property-based requests that are generated from the OpenAPI document."""
