"""Detects cancellations that a library has swallowed."""

import asyncio


def is_cancelling() -> bool:
    """Whether this task is being cancelled. The database driver can swallow the error during server selection."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
