"""Stores many delivered messages at once, as copies of one that was sent, and prints the id of one of them.

python store_messages.py URI TEXT NUMBER COUNT [PLACE]: the oldest is at place 0, which is printed without PLACE.
"""

import sys
from datetime import timedelta

from bson import ObjectId
from pymongo import MongoClient

TEXTS = (
    "On my way.",
    "The table by the window is yours from half past seven. Shall we keep it for you?",
    "Thank you! See you on Friday, and do bring the photographs.",
)


def main(uri: str, text: str, number: str, count: int, place_to_print: int) -> None:
    database = MongoClient(uri).get_default_database()
    sent = database["messages"].find_one({"content": text})
    assert sent is not None, f"nobody has sent {text!r}"
    done = {"dispatch": "settled", "check_at": None, "carrier_status": "delivered", "rank": 5, "events": []}
    rows = []
    for place in range(count):
        # Ten an hour until the message that was sent.
        at = sent["created_at"] - timedelta(minutes=6 * (count - place))
        rows.append(
            {
                **sent,
                **done,
                "_id": ObjectId(),
                "client_id": f"{number}:{place}",
                "peer_number": number,
                "recipient_number": number,
                "twilio_sid": f"SM{number[1:]:0>16}{place:016}",
                "content": f"{place + 1}. {TEXTS[place % len(TEXTS)]}",
                "created_at": at,
                "updated_at": at,
            }
        )
    database["messages"].insert_many(rows)
    # They are counted anew when somebody asks.
    database["conversations"].delete_many({})
    print(rows[place_to_print]["_id"])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]) if len(sys.argv) > 5 else 0)
