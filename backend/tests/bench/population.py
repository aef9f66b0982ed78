"""Accounts and messages in large numbers, stored as the API stores them, but without asking it.

A million messages take about a minute this way: while no server runs, they go straight into the data file of the
development database. Another database (TEST_MONGODB_URI) gets them as any client's.
"""

import functools
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from bson import ObjectId
from pymongo import AsyncMongoClient, MongoClient

from devservers.mongodb.collection import Change, id_key_of
from devservers.mongodb.documents import encode
from devservers.mongodb.journal import Journal
from mysms.core.timestamps import to_rfc3339, utc_now
from mysms.core.words import words_of
from mysms.users.tokens import AccessClaims, TokenSigner
from tests.bench.servers import DATA_FILE, Bench
from tests.support.api_user import ApiUser, Json, new_number
from tests.support.servers import JWT_SECRET

CONVERSATIONS = 60
_FIRST_CREATED_AT = datetime(2026, 1, 1, tzinfo=UTC)
_BATCH = 1000
_SIGNER = TokenSigner((JWT_SECRET,))

Row = tuple[str, Json]
"""The name of a collection, and a document of it."""


@dataclass(frozen=True)
class Person:
    """An account with a session."""

    user_id: ObjectId
    session_id: ObjectId

    @functools.cached_property
    def token(self) -> str:
        return self.new_token()

    def new_token(self) -> str:
        """Returns a token that is valid for 15 minutes."""
        return _SIGNER.make_access_token(AccessClaims(self.user_id, self.session_id), utc_now())


@dataclass(frozen=True)
class Templates:
    """The documents of an account that has sent one message, which has been delivered."""

    user: Json
    session: Json
    message: Json
    provider_id: Json
    conversation: Json
    total: Json

    def person(self) -> tuple[Person, list[Row]]:
        user_id, session_id = ObjectId(), ObjectId()
        return Person(user_id, session_id), [
            ("users", {**self.user, "_id": user_id, "email": f"{user_id}@example.com"}),
            ("sessions", {**self.session, "_id": session_id, "user_id": user_id}),
        ]

    def messages(self, user_id: ObjectId, count: int, *, accepted: int = 0) -> Iterator[Row]:
        """Messages of one user, a second apart and evenly distributed over the conversations, with what counts them.

        All are delivered, but the last ones, which are accepted.
        """
        newest: dict[str, str] = {}
        for number in range(count):
            message_id, at = ObjectId(), _FIRST_CREATED_AT + timedelta(seconds=number)
            peer = phone_number(number)
            own = {"_id": message_id, "client_id": f"many:{number}", "created_at": at, "updated_at": at}
            own |= {"peer_number": peer, "recipient_number": peer, "twilio_sid": f"SM{message_id}{0:08}"}
            content = f"Number {number}"
            own |= {"user_id": user_id, "events": [], "content": content, "words": words_of(content)}
            if number >= count - accepted:
                own |= {"provider_status": "accepted", "status_rank": 0}
            newest[peer] = f"{to_rfc3339(at)} {message_id}"
            yield "messages", {**self.message, **own}
            yield "provider_message_ids", {**self.provider_id, "_id": own["twilio_sid"], "message_id": message_id}
        for index, (peer, key) in enumerate(newest.items()):
            own = {"_id": f"{user_id} {peer}", "user_id": user_id, "peer_number": peer, "last_message_key": key}
            yield "conversations", {**self.conversation, **own, "messages": len(range(index, count, CONVERSATIONS))}
        yield "conversations", {**self.total, "_id": str(user_id), "messages": count}


async def read_templates(bench: Bench) -> Templates:
    """Signs up, sends a message, and reads what was stored."""
    api_user = await ApiUser.sign_up(bench.api)
    sent = await api_user.eventually((await api_user.send_accepted(new_number()))["_id"], "delivered")
    await api_user.settled_etag("/api/messages")
    user_id, message_id = ObjectId(api_user.id), ObjectId(sent["_id"])
    async with AsyncMongoClient[Json](bench.api.mongodb_uri) as client:
        database = client.get_default_database()

        async def found(collection: str, query: Json) -> Json:
            document = await database[collection].find_one(query)
            assert document is not None, collection
            return document

        message = await found("messages", {"_id": message_id})
        return Templates(
            user=await found("users", {"_id": user_id}),
            session=await found("sessions", {"user_id": user_id}),
            message={**message, "outbound": {**message["outbound"], "next_check_at": None}},
            provider_id=await found("provider_message_ids", {"message_id": message_id}),
            conversation=await found("conversations", {"user_id": user_id}),
            total=await found("conversations", {"_id": str(user_id)}),
        )


def store(directory: Path, mongodb_uri: str, rows: Iterable[Row]) -> None:
    """Stores new documents, while no server of `running_bench` runs."""
    database = urlsplit(mongodb_uri).path.strip("/")
    data = directory / DATA_FILE
    journal = Journal(data) if data.exists() else None
    client = None if journal else MongoClient[Json](mongodb_uri)
    remaining = iter(rows)
    while batch := list(itertools.islice(remaining, _BATCH)):
        batches: dict[str, list[Json]] = {}
        for name, document in batch:
            batches.setdefault(name, []).append(document)
        for name, documents in batches.items():
            if journal is not None:
                changes = [Change(id_key_of(each), None, each, encode(each)) for each in documents]
                journal.write(f"{database}.{name}", changes)
            elif client is not None:
                client[database][name].insert_many(documents)
    if journal is not None:
        journal.commit()
        journal.close()
    if client is not None:
        client.close()


def phone_number(index: int) -> str:
    return f"+1327555{index % CONVERSATIONS:04}"
