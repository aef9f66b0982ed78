"""A quota counts every message that may have been stored, also after database errors."""

import asyncio
from pathlib import Path

from tests.faults.environment import running_environment
from tests.faults.mongo_proxy import PausePoint, is_message_insert

NUMBER = "+13275550001"


async def test_a_message_that_may_have_been_stored_counts(tmp_path: Path) -> None:
    """The connection breaks after the message was stored, before the process has the reply."""
    async with running_environment(tmp_path, processes=1, name="quota", MESSAGES_PER_USER_PER_DAY="1") as env:
        (api,) = env.apis
        storing = api.mongo_proxy.add(PausePoint(is_message_insert, "reply"))
        body = {"message": {"recipient_number": NUMBER, "content": "Stored unseen"}}
        url = f"{api.url}/api/messages"
        posting = asyncio.create_task(env.http.post(url, json=body, headers=env.headers))
        await asyncio.wait_for(storing.reached.wait(), 10)
        await api.mongo_proxy.drop_connections()
        assert (await posting).status_code == 503
        answer = await env.http.post(url, json=body, headers=env.headers)
        assert (answer.status_code, answer.json()["code"]) == (429, "day_quota")
        (row,) = await env.database["messages"].find().to_list()
        sent = await env.eventually(str(row["_id"]), "sent", "delivered")
        # It was not sent before the database confirmed it, so nothing about it is uncertain.
        assert "unconfirmed" not in [event["status"] for event in sent["timeline"]]
