"""What the tests share: processes, people and patience."""
