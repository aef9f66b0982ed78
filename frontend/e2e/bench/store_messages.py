"""Stores many delivered messages at once, as copies of one that was sent, and prints the id of one of them.

python store_messages.py URI TEXT NUMBER COUNT [INDEX]: the oldest has index 0, which is printed without INDEX.
"""

import sys
from datetime import timedelta

from bson import ObjectId
from pymongo import DESCENDING, MongoClient
from pymongo.database import Database

TEXTS = (
    "On my way.",
    "The table by the window is yours from half past seven. Shall we keep it for you?",
    "Thank you! See you on Friday, and do bring the photographs.",
)


def main(uri: str, text: str, number: str, count: int, index_to_print: int) -> None:
    database = MongoClient(uri).get_default_database()
    # Each benchmark has a person of its own, who sends the same text.
    sent = database["messages"].find_one({"content": text}, sort=[("_id", DESCENDING)])
    assert sent is not None, f"nobody has sent {text!r}"
    done = {
        "outbound": {**sent["outbound"], "state": "accepted", "next_check_at": None},
        "provider_status": "delivered",
        "status_rank": 5,
        "events": [],
        # Published long ago: the one that was sent may not be yet, and clients would be told of all its copies as news.
        "revision": 1,
    }
    rows = []
    for index in range(count):
        # Ten an hour until the message that was sent.
        at = sent["created_at"] - timedelta(minutes=6 * (count - index))
        rows.append(
            {
                **sent,
                **done,
                "_id": ObjectId(),
                "client_id": f"{number}:{index}",
                "peer_number": number,
                "recipient_number": number,
                "twilio_sid": f"SM{number[1:]:0>16}{index:016}",
                "content": f"{index + 1}. {TEXTS[index % len(TEXTS)]}",
                "created_at": at,
                "updated_at": at,
            }
        )
    database["messages"].insert_many(rows)
    count_conversation(database, sent["user_id"], number)
    print(rows[index_to_print]["_id"])


def count_conversation(database: Database, user_id: ObjectId, number: str) -> None:
    """Stores the conversation with a number, with the counts of its messages."""
    own = {"user_id": user_id, "peer_number": number}
    newest = database["messages"].find_one(own, sort=[("created_at", DESCENDING), ("_id", DESCENDING)])
    conversation = {
        **own,
        "messages": database["messages"].count_documents(own),
        "last_message_key": f"{newest['created_at'].isoformat(timespec='milliseconds')}Z {newest['_id']}",
        "pending_message_ids": {},
        "pending_count": 0,
        "schema_version": 2,
    }
    database["conversations"].replace_one({"_id": f"{user_id} {number}"}, conversation, upsert=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]) if len(sys.argv) > 5 else 0)
