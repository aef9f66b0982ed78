"""A cancellation that is not lost."""

import asyncio


def is_cancelling() -> bool:
    """Whether somebody has cancelled this task: the database's driver may swallow that while it waits for a server."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
