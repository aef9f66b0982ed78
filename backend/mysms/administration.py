"""What the operator does on the command line, in the database that the settings name."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bson import ObjectId

from mysms.core import database
from mysms.core.settings import Settings
from mysms.core.timestamps import utc_now
from mysms.users import repository
from mysms.users.models import Invite, Session, User
from mysms.users.passwords import PasswordHasher
from mysms.users.schemas import normalise_email
from mysms.users.sign_up import hash_invite, new_invite


class UnknownAccountError(Exception):
    """There is no account with this email."""


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


@asynccontextmanager
async def _accounts(settings: Settings) -> AsyncIterator[None]:
    async with database.connect(settings.mongodb_uri) as client:
        db = database.database_of(client)
        await database.wait_for(db)
        await database.prepare(db, [User, Session, Invite])
        yield
