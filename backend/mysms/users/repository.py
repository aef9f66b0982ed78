"""Reading and writing accounts and sessions."""

from datetime import datetime

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from mysms.users.models import Session, User


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
