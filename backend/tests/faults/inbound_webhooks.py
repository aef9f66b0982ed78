"""Inbound webhooks under faults: where the simulator sends them, and what the API writes for each."""

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from tests.faults.environment import Environment, running_environment
from tests.faults.mongo_proxy import Command, is_message_insert

CATCH_UP_SECONDS = 2


def _updates(collection: str, operator: str, field: str) -> Callable[[Command], bool]:
    def matches(command: Command) -> bool:
        if command.get("update") != collection:
            return False
        return any(name.startswith(field) for each in command["updates"] for name in each["u"].get(operator, {}))

    return matches


def is_ownership(command: Command) -> bool:
    return command.get("insert") == "provider_message_ids" and "user_id" in command["documents"][0]


def is_inbound_insert(command: Command) -> bool:
    return is_message_insert(command) and command["documents"][0]["direction"] == "inbound"


WRITES = {
    "owner": is_ownership,
    "announcement": _updates("conversations", "$set", "pending_message_ids"),
    "message": is_inbound_insert,
    "count": _updates("conversations", "$unset", "pending_message_ids"),
    "settled": _updates("provider_message_ids", "$set", "is_settled"),
}
"""All writes of an inbound message, but its publication."""


@contextlib.asynccontextmanager
async def catching_up(directory: Path, name: str) -> AsyncIterator[Environment]:
    """Two processes that read the provider's list often."""
    async with running_environment(directory, name=name, INBOUND_CATCH_UP_SECONDS=str(CATCH_UP_SECONDS)) as env:
        yield env


@contextlib.asynccontextmanager
async def webhooks_of(env: Environment) -> AsyncIterator[None]:
    """The number calls the API, and no fault is left afterwards."""
    await direct_webhooks(env)
    yield
    await env.simulator.control.reset_faults()


async def direct_webhooks(env: Environment, overrides: str = "rc=5&rp=all", *, fallback: bool = False) -> None:
    """Make the number call the API, with the fallback URL at the address of the status callbacks."""
    origin = f"http://127.0.0.1:{env.callback_proxy.port}/api/twilio"
    await env.simulator.control.set_number(
        sms_url=f"{origin}/inbound#{overrides}", sms_fallback_url=f"{origin}/status_callback" if fallback else ""
    )
