"""Getting messages to the carrier, once, and learning what became of them."""
