"""One small patch for each mechanism that the delivery guarantees rest on: without it, a test has to turn red."""
