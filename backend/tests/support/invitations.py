"""Invitations, stored as `mysms invite` does it."""

from datetime import UTC, datetime

from bson import ObjectId
from pymongo import AsyncMongoClient

from mysms.users.sign_up import hash_invite, new_invite
from tests.support.api_user import Json


async def invite(mongodb_uri: str, *, from_older_version: bool = False) -> str:
    """Create an invitation. Returns its code, which is valid for one sign-up."""
    code = new_invite()
    row: Json = {"_id": hash_invite(code), "account_id": ObjectId(), "created_at": datetime.now(UTC)}
    if from_older_version:
        del row["account_id"]
    async with AsyncMongoClient[Json](mongodb_uri) as client:
        await client.get_default_database()["invites"].insert_one(row)
    return code
