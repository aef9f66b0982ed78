"""A quota is never more lenient than what was sent, whatever happens to the database in between."""

import asyncio
from pathlib import Path

from tests.faults.environment import running_world
from tests.faults.mongo_proxy import Trap, is_insert

NUMBER = "+13275550001"


async def test_what_may_have_been_stored_counts(tmp_path: Path) -> None:
    """The connection is cut after the message was stored, and before its process knows."""
    async with running_world(tmp_path, processes=1, name="quota", MESSAGES_PER_USER_AND_DAY="1") as world:
        (api,) = world.apis
        storing = api.tap.set(Trap(is_insert, "reply"))
        body = {"message": {"recipient_number": NUMBER, "content": "Stored unseen"}}
        url = f"{api.url}/api/messages"
        posting = asyncio.create_task(world.http.post(url, json=body, headers=world.headers))
        await asyncio.wait_for(storing.sprung.wait(), 10)
        await api.tap.cut()
        assert (await posting).status_code == 503
        answer = await world.http.post(url, json=body, headers=world.headers)
        assert (answer.status_code, answer.json()["code"]) == (429, "day_quota")
        (row,) = await world.database["messages"].find().to_list()
        await world.eventually(str(row["_id"]), "sent", "delivered")
