"""Reads and writes accounts, sessions, invites and password resets."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Literal

from beanie import PydanticObjectId
from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from mysms.core.batches import delete_in_batches
from mysms.users.models import (
    SESSION_SCHEMA_VERSION,
    DeletedAccount,
    Invite,
    PendingSecondFactor,
    PushSubscription,
    ResetToken,
    SecondFactor,
    Session,
    User,
    expiry_of,
)
from mysms.users.tokens import RefreshClaims

_ACTIVE: Mapping[str, Any] = {"deleting": {"$ne": True}}


async def insert_user(user: User) -> bool:
    """Stores the account; returns False if its email, or its id, which an invite determines, is already taken."""
    try:
        await user.insert()
    except DuplicateKeyError:
        return False
    return True


async def take_back(user: User) -> None:
    """Removes an account that has just been stored."""
    await User.get_pymongo_collection().delete_one({"_id": user.id, "password_hash": user.password_hash})


async def find_user(user_id: ObjectId) -> User | None:
    return await User.find_one({"_id": user_id})


async def is_active(user_id: ObjectId) -> bool:
    """Whether the account exists and is not being deleted."""
    return await User.get_pymongo_collection().find_one({"_id": user_id, **_ACTIVE}, {"_id": 1}) is not None


async def find_user_by_email(email: str) -> User | None:
    return await User.find_one({"email": email})


async def find_active_id(email: str) -> ObjectId | None:
    """Returns the id of an account that is not being deleted."""
    return _id_of(await User.get_pymongo_collection().find_one({"email": email, **_ACTIVE}, {"_id": 1}))


async def find_first_active_id() -> ObjectId | None:
    """Returns the id of the oldest account that is not being deleted."""
    first = await User.get_pymongo_collection().find_one(_ACTIVE, {"_id": 1}, sort=[("created_at", 1)])
    return _id_of(first)


async def insert_session(session: Session) -> None:
    await session.insert()


async def find_session(session_id: ObjectId) -> Session | None:
    return await Session.find_one({"_id": session_id})


async def find_sessions_among(session_ids: Collection[ObjectId]) -> set[ObjectId]:
    """Returns those of the sessions that exist."""
    rows = Session.get_pymongo_collection().find({"_id": {"$in": list(session_ids)}}, {"_id": 1})
    return {row["_id"] for row in await rows.to_list()}


async def advance_session(session: Session, token: RefreshClaims, now: datetime) -> bool:
    """Records the first use of a refresh token; returns False, changing nothing, if another one was meanwhile."""
    newest: dict[str, object] = {"token_hash": token.hash, "schema_version": SESSION_SCHEMA_VERSION}
    if token.is_counted:
        newest = {"generation": token.number}
    advanced = await Session.get_pymongo_collection().update_one(
        {"_id": session.id, "token_hash": session.token_hash, "generation": session.generation},
        {"$set": {**newest, "last_used_at": now, "expires_at": expiry_of(session.created_at, now)}},
    )
    return bool(advanced.matched_count)


async def extend_session(session: Session, now: datetime) -> None:
    """Records another use of the newest refresh token."""
    await Session.get_pymongo_collection().update_one(
        {"_id": session.id}, {"$set": {"last_used_at": now, "expires_at": expiry_of(session.created_at, now)}}
    )


async def list_sessions(user_id: ObjectId) -> list[Session]:
    """Returns the sessions of a user, most recently used first."""
    return await Session.find({"user_id": user_id}).sort("-last_used_at", "-_id").to_list()


async def delete_session(user_id: ObjectId, session_id: ObjectId) -> bool:
    """Deletes a session; returns False if the user has no such session."""
    deleted = await Session.get_pymongo_collection().delete_one({"_id": session_id, "user_id": user_id})
    return bool(deleted.deleted_count)


async def delete_sessions(user_id: ObjectId, *, but: ObjectId | None = None) -> None:
    await Session.get_pymongo_collection().delete_many({"user_id": user_id, "_id": {"$ne": but}})


async def set_push_subscription(session_id: ObjectId, subscription: PushSubscription) -> bool:
    """Replaces the subscription of a session; returns False if there is no such session."""
    updated = await Session.get_pymongo_collection().update_one(
        {"_id": session_id}, {"$set": {"push": subscription.model_dump()}}
    )
    return bool(updated.matched_count)


async def remove_push_subscription(session_id: ObjectId) -> None:
    await Session.get_pymongo_collection().update_one({"_id": session_id}, {"$unset": {"push": True}})


async def remove_push_endpoint(endpoint: str, *, but: ObjectId | None = None) -> None:
    """Removes the subscription of a browser, whichever sessions have it."""
    await Session.get_pymongo_collection().update_many(
        {"push.endpoint": endpoint, "_id": {"$ne": but}}, {"$unset": {"push": True}}
    )


async def list_subscribed_sessions(user_id: ObjectId, now: datetime, *, limit: int = 50) -> list[ObjectId]:
    """Returns the sessions of a user whose browsers are pushed to."""
    subscribed = {"user_id": user_id, "push.endpoint": {"$gt": ""}, "expires_at": {"$gt": now}}
    rows = Session.get_pymongo_collection().find(subscribed, {"_id": 1}, limit=limit)
    return [ObjectId(row["_id"]) for row in await rows.to_list()]


async def delete_expired_sessions(now: datetime) -> None:
    """Deletes all expired sessions. A session that is used meanwhile stays."""
    await delete_in_batches(Session.get_pymongo_collection(), {"expires_at": {"$lt": now}})


async def date_sessions(*, limit: int) -> int:
    """Sets the missing `expires_at` of up to `limit` sessions that older versions stored; returns how many it found."""
    sessions = Session.get_pymongo_collection()
    undated = await sessions.find({"expires_at": None}, limit=limit).to_list()
    for row in undated:
        # A session that is used meanwhile gets its date from that use.
        await sessions.update_one(
            {"_id": row["_id"], "expires_at": None},
            {"$set": {"expires_at": expiry_of(row["created_at"], row["last_used_at"])}},
        )
    return len(undated)


async def reset_password(user_id: ObjectId, password_hash: str) -> None:
    await User.get_pymongo_collection().update_one(
        {"_id": user_id},
        {"$set": {"password_hash": password_hash}, "$inc": {"password_version": 1, "code_attempts_version": 1}},
    )


async def change_password(user: User, password_hash: str, *, by_mail: bool = False) -> bool:
    """Changes the password; returns False, changing nothing, if the account has another hash meanwhile.

    `by_mail` keeps the counts of wrong codes: the mailbox must not give more guesses at a second factor.
    """
    changed = await User.get_pymongo_collection().update_one(
        {"_id": user.id, "password_hash": user.password_hash},
        {
            "$set": {"password_hash": password_hash, "password_version": user.password_version + 1},
            "$inc": {"code_attempts_version": 0 if by_mail else 1},
        },
    )
    return bool(changed.matched_count)


async def replace_password_hash(user_id: ObjectId, old: str, new: str) -> bool:
    """Replaces a hash of the same password; returns False, changing nothing, if there is another one meanwhile."""
    replaced = await User.get_pymongo_collection().update_one(
        {"_id": user_id, "password_hash": old}, {"$set": {"password_hash": new}}
    )
    return bool(replaced.matched_count)


async def begin_second_factor(user_id: ObjectId, pending: PendingSecondFactor) -> None:
    """Stores a second factor that is not enabled yet, in place of an earlier one."""
    await User.get_pymongo_collection().update_one(
        {"_id": user_id}, {"$set": {"pending_second_factor": pending.model_dump()}}
    )


async def enable_second_factor(user_id: ObjectId, factor: SecondFactor) -> bool:
    """Enables the second factor; returns False, changing nothing, if it is not the pending one any more."""
    enabled = await User.get_pymongo_collection().update_one(
        {"_id": user_id, "pending_second_factor.id": factor.id},
        {"$set": {"second_factor": factor.model_dump()}, "$unset": {"pending_second_factor": True}},
    )
    return bool(enabled.matched_count)


async def use_time_step(user: User, factor: SecondFactor, step: int, secret: str) -> bool:
    """Uses up the code of a time step, and stores the secret as it is encrypted now.

    Returns False, changing nothing, if that code or a later one has been used meanwhile, or the factor is another one.
    """
    used = await User.get_pymongo_collection().update_one(
        {"_id": user.id, "second_factor.id": factor.id, "second_factor.last_step": {"$lt": step}},
        {"$set": {"second_factor.last_step": step, "second_factor.secret": secret}},
    )
    return bool(used.matched_count)


async def use_recovery_code(user: User, factor: SecondFactor, code_hash: str) -> bool:
    """Uses up a recovery code; returns False, changing nothing, if there is no such code, or not any more."""
    code = f"second_factor.recovery_codes.{code_hash}"
    used = await User.get_pymongo_collection().update_one(
        {"_id": user.id, "second_factor.id": factor.id, code: {"$exists": True}}, {"$unset": {code: True}}
    )
    return bool(used.matched_count)


async def replace_recovery_codes(user: User, factor: SecondFactor, codes: dict[str, bool]) -> bool:
    """Replaces all recovery codes; returns False, changing nothing, if the factor is another one meanwhile."""
    replaced = await User.get_pymongo_collection().update_one(
        {"_id": user.id, "second_factor.id": factor.id}, {"$set": {"second_factor.recovery_codes": codes}}
    )
    return bool(replaced.matched_count)


async def remove_second_factor(user_id: ObjectId) -> None:
    """Removes the second factor, enabled or pending."""
    await User.get_pymongo_collection().update_one(
        {"_id": user_id}, {"$unset": {"second_factor": True, "pending_second_factor": True}}
    )


async def add_known_client(
    user: User, record: Literal["known_addresses", "known_devices"], hashed: str, *, most: int
) -> None:
    """Adds a client to a record of the account, which keeps the `most` that were added last."""
    await User.get_pymongo_collection().update_one(
        {"_id": user.id, record: {"$ne": hashed}}, {"$push": {record: {"$each": [hashed], "$slice": -most}}}
    )


async def mark_deleting(user: User) -> bool:
    """Begins a deletion; returns False, changing nothing, if the account has another hash meanwhile, or is gone."""
    marked = await User.get_pymongo_collection().update_one(
        {"_id": user.id, "password_hash": user.password_hash}, {"$set": {"deleting": True}}
    )
    return bool(marked.matched_count)


async def list_deleting(limit: int) -> list[ObjectId]:
    """Returns up to `limit` accounts whose deletion has begun."""
    rows = User.get_pymongo_collection().find({"deleting": True}, {"_id": 1}, limit=limit)
    return [ObjectId(row["_id"]) for row in await rows.to_list()]


async def delete_user(user_id: ObjectId, now: datetime) -> None:
    """Deletes an account. Its id is recorded first, so `list_deleted` has it also if the process ends in between."""
    deleted = {"$set": {"deleted_at": now}, "$setOnInsert": {"schema_version": 1}}
    await DeletedAccount.get_pymongo_collection().update_one({"_id": user_id}, deleted, upsert=True)
    # One that was created with the same invite meanwhile has the same id, until its sign-up takes it back.
    await User.get_pymongo_collection().delete_one({"_id": user_id, "deleting": True})


async def was_deleted(user_id: ObjectId) -> bool:
    """Whether an account of this id was deleted, and not forgotten since."""
    return await DeletedAccount.get_pymongo_collection().find_one({"_id": user_id}, {"_id": 1}) is not None


async def list_deleted(before: datetime, limit: int) -> list[ObjectId]:
    """Returns up to `limit` accounts that were deleted before this time, and not forgotten since."""
    rows = DeletedAccount.get_pymongo_collection().find({"deleted_at": {"$lte": before}}, {"_id": 1}, limit=limit)
    return [ObjectId(row["_id"]) for row in await rows.to_list()]


async def forget_deleted(user_id: ObjectId, before: datetime) -> None:
    await DeletedAccount.get_pymongo_collection().delete_one({"_id": user_id, "deleted_at": {"$lte": before}})


async def has_users() -> bool:
    return await User.find_one({}) is not None


async def insert_invite(invite: str, now: datetime) -> bool:
    """Stores an invite under the hash of its code; returns False if it already exists."""
    try:
        await Invite(id=invite, account_id=PydanticObjectId(), created_at=now).insert()
    except DuplicateKeyError:
        return False
    return True


async def find_account_of_invite(invite: str) -> ObjectId | None:
    """Returns the id of the account that an invite creates, always the same; None if there is no such invite."""
    invites = Invite.get_pymongo_collection()
    row = await invites.find_one({"_id": invite})
    if row is not None and row.get("account_id") is None:
        # An older version stored the invite without an id. The first process sets it.
        await invites.update_one({"_id": invite, "account_id": None}, {"$set": {"account_id": ObjectId()}})
        row = await invites.find_one({"_id": invite})
    return ObjectId(row["account_id"]) if row is not None else None


async def delete_invite(invite: str) -> None:
    await Invite.get_pymongo_collection().delete_one({"_id": invite})


async def delete_invites_of(account_id: ObjectId) -> None:
    """Deletes the invites that create this account."""
    await Invite.get_pymongo_collection().delete_many({"account_id": account_id})


async def set_known_devices(user_id: ObjectId, devices: list[str]) -> None:
    """Records the devices of an account that has no record of them."""
    await User.get_pymongo_collection().update_one(
        {"_id": user_id, "known_devices": None}, {"$set": {"known_devices": devices}}
    )


async def insert_reset_token(token: ResetToken, *, most: int) -> None:
    """Stores a token; of each account, at most the newest `most` stay valid."""
    tokens = ResetToken.get_pymongo_collection()
    open_ones = await tokens.find({"user_id": token.user_id}, {"_id": 1}, sort=[("expires_at", -1)]).to_list()
    await tokens.delete_many({"_id": {"$in": [row["_id"] for row in open_ones[most - 1 :]]}})
    await token.insert()


async def find_reset_token(token_hash: str) -> ResetToken | None:
    return await ResetToken.find_one({"_id": token_hash})


async def delete_reset_tokens(user_id: ObjectId) -> None:
    await ResetToken.get_pymongo_collection().delete_many({"user_id": user_id})


async def delete_expired_reset_tokens(now: datetime) -> None:
    await delete_in_batches(ResetToken.get_pymongo_collection(), {"expires_at": {"$lte": now}})


def _id_of(row: Mapping[str, Any] | None) -> ObjectId | None:
    return None if row is None else ObjectId(row["_id"])
