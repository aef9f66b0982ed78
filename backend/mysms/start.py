"""What must be so before the API serves anybody."""

import asyncio

from mysms.carrier.base import CarrierUnavailableError
from mysms.carrier.twilio import is_simulator
from mysms.core import database
from mysms.core.rate_limit import RateLimiter
from mysms.core.settings import Settings
from mysms.core.timestamps import utc_now
from mysms.delivery.sids import SidOwners
from mysms.messages.models import Conversation, Message
from mysms.users.models import Invite, Session, User


class UnsafeStartError(Exception):
    """The process must not start like this."""


async def check_start(settings: Settings) -> None:
    """Waits for the database. Raises UnusableAddressError, and UnsafeStartError for a development server in production.

    Those are told by how they name themselves, whatever their hosts are called.
    """
    async with database.connect(settings.mongodb_uri) as client:
        db = database.database_of(client)
        await database.wait_for(db)
        if settings.environment == "production":
            await _refuse_development_servers(db, settings)
        await database.insist(db, lambda: prepare(db))


async def _refuse_development_servers(db: database.Database, settings: Settings) -> None:
    if await database.is_development_server(db):
        raise UnsafeStartError(
            "MONGODB_URI leads to the development database of this project, which is made for one person's machine. "
            "Use MongoDB in production."
        )
    if settings.twilio_api_base_url:
        try:
            simulated = await asyncio.to_thread(
                is_simulator, settings.twilio_api_base_url, settings.carrier_timeout_seconds
            )
        except CarrierUnavailableError as error:
            raise UnsafeStartError(f"TWILIO_API_BASE_URL cannot be checked: {error}") from error
        if simulated:
            raise UnsafeStartError(
                "TWILIO_API_BASE_URL leads to the Twilio simulator of this project: nothing would be sent. "
                "Leave it empty in production."
            )


async def prepare(db: database.Database) -> None:
    """Binds the documents to the database and makes all indexes; safe for several processes at once."""
    await database.prepare(db, [User, Session, Invite, Message, Conversation])
    await SidOwners(db, utc_now).prepare()
    await RateLimiter(db, utc_now).prepare()
