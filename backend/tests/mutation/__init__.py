"""Mutation tests of the delivery guarantees: each patch removes one mechanism, and a test must fail."""
