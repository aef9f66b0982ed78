"""Reading and writing accounts and sessions."""

from datetime import datetime

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from mysms.users.models import Invite, Session, User


async def insert_user(user: User) -> bool:
    """Stores the account, unless its email has already been taken."""
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


async def advance_session(session_id: ObjectId, generation: int, now: datetime) -> None:
    """Notes the first use of the refresh token of this generation; a racing tab's may have been faster."""
    await Session.get_pymongo_collection().update_one(
        {"_id": session_id, "generation": generation - 1},
        {"$set": {"generation": generation, "last_used_at": now}},
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


async def list_deleting() -> list[ObjectId]:
    """The accounts whose deletion has begun and not ended."""
    return [ObjectId(user.id) for user in await User.find({"deleting": True}).to_list()]


async def delete_user(user_id: ObjectId) -> None:
    await User.get_pymongo_collection().delete_one({"_id": user_id})


async def has_users() -> bool:
    return await User.find_one({}) is not None


async def insert_invite(invite: str, now: datetime) -> bool:
    """Stores an invite under the hash of its code; False if it is there already."""
    try:
        await Invite(id=invite, created_at=now).insert()
    except DuplicateKeyError:
        return False
    return True


async def delete_invite(invite: str) -> bool:
    """Uses an invite up; False if there is none."""
    deleted = await Invite.get_pymongo_collection().delete_one({"_id": invite})
    return bool(deleted.deleted_count)
