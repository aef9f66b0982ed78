"""What the operator does on the command line, in the database that the settings name."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bson import ObjectId

from mysms.carrier.base import CarrierUnavailableError
from mysms.carrier.twilio import TwilioCarrier
from mysms.core import database
from mysms.core.settings import Settings
from mysms.core.timestamps import utc_now
from mysms.delivery.line import Line
from mysms.delivery.matching import match, spellings
from mysms.delivery.repairs import Repairs
from mysms.delivery.sids import SidOwners
from mysms.messages.models import Conversation, Message
from mysms.users import repository
from mysms.users.models import Invite, Session, User
from mysms.users.passwords import PasswordHasher
from mysms.users.schemas import normalise_email
from mysms.users.sign_up import hash_invite, new_invite

_BATCH = 100


class UnknownAccountError(Exception):
    """There is no account with this email."""


class SendingIsOnError(Exception):
    """What waits may be sent at this moment, so it is too late to doubt whether it was."""

    def __init__(self) -> None:
        super().__init__(
            "Set SENDING=off first, in the settings of every mysms process, and start those again. "
            "Otherwise what waits may be sent a second time while it is looked for."
        )


@dataclass(frozen=True)
class Reconciliation:
    """What an older copy of the database did not know."""

    doubted: int
    """Messages that were waiting: each is looked for at the carrier before it is sent."""
    missing: int
    """Messages that the carrier has sent for us since, and that nothing in the database can be."""


async def make_invite(settings: Settings) -> str:
    """A code that lets one person sign up. Only its hash is stored."""
    async with _accounts(settings):
        code = new_invite()
        await repository.insert_invite(hash_invite(code), utc_now())
        return code


async def reset_password(settings: Settings, email: str) -> str:
    """A new password for the account, whose sessions end. Raises UnknownAccountError."""
    async with _accounts(settings):
        try:
            user = await repository.find_user_by_email(normalise_email(email))
        except ValueError:
            user = None
        if user is None:
            raise UnknownAccountError(f"There is no account with the email {email}.")
        password = secrets.token_urlsafe(12)
        user_id = ObjectId(user.id)
        await repository.set_password_hash(user_id, await PasswordHasher().hash(password))
        await repository.delete_sessions(user_id)
        return password


async def reconcile(settings: Settings, since: datetime) -> Reconciliation:
    """Makes a restored database safe to send from: what waits in it may have been sent since the copy was made.

    Raises SendingIsOnError, and CarrierUnavailableError if the carrier cannot be asked what it has sent since then;
    the messages are in doubt by then, and asking again is harmless.
    """
    if settings.sending:
        raise SendingIsOnError
    async with _database(settings) as db:
        await database.prepare(db, [Message, Conversation])
        line = Line.of(settings)
        repairs = Repairs(db, line, utc_now, reconcile_after=timedelta(seconds=settings.reconcile_after_seconds))
        doubted = 0
        while batch := await repairs.doubt_waiting(_BATCH):
            doubted += batch
        carrier = TwilioCarrier.of(settings)
        listing = await asyncio.to_thread(carrier.list_sent, line.from_number, since.astimezone(UTC).date())
        if not listing.is_complete:
            raise CarrierUnavailableError("Twilio's list is too long to be read to its end.")
        sent = [row for row in listing.rows if row.sent_at is not None and row.sent_at >= since]
        owned = await SidOwners(db, utc_now).owned_among([row.sid for row in sent])
        undecided = await repairs.list_undecided_to({number for row in sent for number in spellings(row.to_number)})
        found = match(sent, owned, undecided, line.from_number)
        unowned = sum(row.sid not in owned for row in sent)
        return Reconciliation(doubted, unowned - len({message.message_id for _, message in found}))


@asynccontextmanager
async def _accounts(settings: Settings) -> AsyncIterator[None]:
    async with _database(settings) as db:
        await database.prepare(db, [User, Session, Invite])
        yield


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[database.Database]:
    async with database.connect(settings.mongodb_uri) as client:
        db = database.database_of(client)
        await database.wait_for(db)
        yield db
