"""Invitations, as `mysms invite` stores them."""

from datetime import UTC, datetime

from bson import ObjectId
from pymongo import AsyncMongoClient

from mysms.users.sign_up import hash_invite, new_invite
from tests.support.person import Json


async def invite(mongodb_uri: str, *, of_an_older_version: bool = False) -> str:
    """A code that lets one person sign up."""
    code = new_invite()
    row: Json = {"_id": hash_invite(code), "account_id": ObjectId(), "created_at": datetime.now(UTC)}
    if of_an_older_version:
        del row["account_id"]
    async with AsyncMongoClient[Json](mongodb_uri) as client:
        await client.get_default_database()["invites"].insert_one(row)
    return code
