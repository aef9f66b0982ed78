"""A database that the previous version wrote: two accounts, and messages in every state.

`answers` are that version's responses to each account, of the messages with their timelines and of the conversations.
No version has counted the messages of early@example.com yet; the message "Not counted" was stored by a process that
was killed before it counted it; and one that was killed during a request left the message "Claimed".
"""

from pathlib import Path
from typing import Any

from bson import json_util
from pymongo.asynchronous.database import AsyncDatabase

Json = dict[str, Any]

PASSWORD = "correct horse battery"

_FILE = Path(__file__).with_name("schema_1.json")
_SIMULATOR = "http://127.0.0.1:23770"
"""The API base URL in the keys of the senders."""


def load(simulator_url: str) -> Json:
    """The contents, as if they had been stored with this simulator."""
    text = _FILE.read_text().replace(_SIMULATOR, simulator_url)
    loaded: Json = json_util.loads(text, json_options=json_util.JSONOptions(tz_aware=True))
    return loaded


async def store(database: AsyncDatabase[Json], contents: Json) -> None:
    for name, rows in contents["collections"].items():
        if rows:
            await database[name].insert_many(rows)
        for index, options in contents["indexes"][name].items():
            await database[name].create_index(
                [(field, order) for field, order in options["key"]], name=index, unique=options["unique"]
            )
