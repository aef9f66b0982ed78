"""Reading and writing accounts and sessions."""

from datetime import datetime

from beanie import PydanticObjectId
from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from mysms.users.models import Invite, Session, User, expiry_of


async def insert_user(user: User) -> bool:
    """Stores the account, unless its email has already been taken, or its id, which is that of an invite."""
    try:
        await user.insert()
    except DuplicateKeyError:
        return False
    return True


async def find_user(user_id: ObjectId) -> User | None:
    return await User.find_one({"_id": user_id})


async def find_user_by_email(email: str) -> User | None:
    return await User.find_one({"email": email})


async def insert_session(session: Session) -> None:
    await session.insert()


async def find_session(session_id: ObjectId) -> Session | None:
    return await Session.find_one({"_id": session_id})


async def advance_session(session: Session, generation: int, now: datetime) -> None:
    """Notes the first use of the refresh token of this generation; a racing tab's may have been faster."""
    expires_at = expiry_of(session.created_at, now)
    await Session.get_pymongo_collection().update_one(
        {"_id": session.id, "generation": generation - 1},
        {"$set": {"generation": generation, "last_used_at": now, "expires_at": expires_at}},
    )


async def delete_session(session_id: ObjectId) -> None:
    await Session.get_pymongo_collection().delete_one({"_id": session_id})


async def list_sessions(user_id: ObjectId) -> list[Session]:
    """Those used last come first."""
    return await Session.find({"user_id": user_id}).sort("-last_used_at", "-_id").to_list()


async def delete_own_session(user_id: ObjectId, session_id: ObjectId) -> bool:
    """False if the user has no such session."""
    deleted = await Session.get_pymongo_collection().delete_one({"_id": session_id, "user_id": user_id})
    return bool(deleted.deleted_count)


async def delete_sessions(user_id: ObjectId, *, but: ObjectId | None = None) -> None:
    await Session.get_pymongo_collection().delete_many({"user_id": user_id, "_id": {"$ne": but}})


async def delete_expired_sessions(now: datetime, *, limit: int) -> int:
    """Deletes sessions that are over, at most so many; how many it took on. One that is used meanwhile stays."""
    sessions = Session.get_pymongo_collection()
    over = await sessions.find({"expires_at": {"$lt": now}}, {"_id": 1}, limit=limit).to_list()
    await sessions.delete_many({"_id": {"$in": [row["_id"] for row in over]}, "expires_at": {"$lt": now}})
    return len(over)


async def date_sessions(*, limit: int) -> int:
    """Writes down when sessions of older versions are over, which was not stored; at most so many; how many."""
    sessions = Session.get_pymongo_collection()
    undated = await sessions.find({"expires_at": None}, limit=limit).to_list()
    for row in undated:
        # One that is used meanwhile is dated by that.
        await sessions.update_one(
            {"_id": row["_id"], "expires_at": None},
            {"$set": {"expires_at": expiry_of(row["created_at"], row["last_used_at"])}},
        )
    return len(undated)


async def set_password_hash(user_id: ObjectId, password_hash: str) -> None:
    await User.get_pymongo_collection().update_one({"_id": user_id}, {"$set": {"password_hash": password_hash}})


async def replace_password_hash(user_id: ObjectId, old: str, new: str) -> bool:
    """False if the hash is another one by now: then somebody has changed the password, and that counts."""
    replaced = await User.get_pymongo_collection().update_one(
        {"_id": user_id, "password_hash": old}, {"$set": {"password_hash": new}}
    )
    return bool(replaced.matched_count)


async def mark_deleting(user_id: ObjectId) -> None:
    await User.get_pymongo_collection().update_one({"_id": user_id}, {"$set": {"deleting": True}})


async def list_deleting(limit: int) -> list[ObjectId]:
    """Accounts whose deletion has begun and not ended, at most so many."""
    rows = User.get_pymongo_collection().find({"deleting": True}, {"_id": 1}, limit=limit)
    return [ObjectId(row["_id"]) for row in await rows.to_list()]


async def delete_user(user_id: ObjectId) -> None:
    await User.get_pymongo_collection().delete_one({"_id": user_id})


async def has_users() -> bool:
    return await User.find_one({}) is not None


async def insert_invite(invite: str, now: datetime) -> bool:
    """Stores an invite under the hash of its code; False if it is there already."""
    try:
        await Invite(id=invite, account_id=PydanticObjectId(), created_at=now).insert()
    except DuplicateKeyError:
        return False
    return True


async def find_account_of_invite(invite: str) -> ObjectId | None:
    """The id of the account that an invite is good for, whoever asks; None if there is no such invite."""
    invites = Invite.get_pymongo_collection()
    row = await invites.find_one({"_id": invite})
    if row is not None and row.get("account_id") is None:
        # An older version has stored it. Whoever is first decides.
        await invites.update_one({"_id": invite, "account_id": None}, {"$set": {"account_id": ObjectId()}})
        row = await invites.find_one({"_id": invite})
    return ObjectId(row["account_id"]) if row is not None else None


async def delete_invite(invite: str) -> None:
    await Invite.get_pymongo_collection().delete_one({"_id": invite})


async def delete_invites_of(account_id: ObjectId) -> None:
    """Deletes what is good for this account."""
    await Invite.get_pymongo_collection().delete_many({"account_id": account_id})
