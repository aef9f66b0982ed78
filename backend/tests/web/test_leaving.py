"""SIGTERM: what is asked is answered, and callers are told to go elsewhere, before the door is shut."""

import asyncio
import signal
import time

import httpx

from tests.support.api_user import ApiUser, new_number
from tests.support.polling import eventually
from tests.support.servers import ALLOWED_ORIGIN, Api, Simulator, Start, is_listening, is_up


def port_of(api: Api) -> int:
    return int(api.url.rpartition(":")[2])


async def test_it_drains_before_it_shuts_the_door(start: Start, simulator: Simulator) -> None:
    async with start(DRAIN_SECONDS="3") as api:
        api_user = await ApiUser.sign_up(api)
        assert "Connection" not in (await api.http.get("/up")).headers
        api.process.send_signal(signal.SIGTERM)

        leaving = await eventually(lambda: api.http.get("/ready"), lambda answer: answer.status_code == 503)
        assert leaving.json()["problems"] == {"process": "The process is shutting down."}
        assert leaving.headers["Connection"] == "close"
        asking = {"Origin": ALLOWED_ORIGIN, "Access-Control-Request-Method": "POST"}
        preflight = await api.http.options("/api/messages", headers=asking)
        assert (preflight.status_code, preflight.headers["Connection"]) == (200, "close")
        # Everything else goes on, on connections that end with the answer.
        sent = await api_user.send(new_number())
        assert (sent.status_code, sent.headers["Connection"]) == (201, "close")
        assert await is_listening(port_of(api))

        assert await api.process.wait_for_exit(within=15) in {0, -signal.SIGTERM}
        assert not await is_listening(port_of(api))


async def test_what_is_being_answered_is_answered_to_the_end(start: Start, simulator: Simulator) -> None:
    number = new_number()
    await simulator.control.set_fault("late_commit", to=number, seconds=2)
    async with start() as api:
        api_user = await ApiUser.sign_up(api)
        sending = asyncio.create_task(api_user.send(number))
        await eventually(lambda: simulator.create_requests(number), bool, what="a request to the provider")
        api.process.send_signal(signal.SIGTERM)
        assert (await sending).status_code == 201
        await api.process.wait_for_exit(within=15)
    assert len(await simulator.accepted(number)) == 1


async def test_who_has_connected_before_the_door_was_shut_may_still_ask(start: Start) -> None:
    """Its request may be on its way already: closing the connection would lose it."""
    async with start(DRAIN_SECONDS="0") as api:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(api))
        # Connected is not yet accepted; the server has accepted what came before a later answer.
        assert await is_up(api.http)
        api.process.send_signal(signal.SIGTERM)
        async with httpx.AsyncClient(trust_env=False) as http:

            async def is_shut() -> bool:
                try:
                    await http.get(f"{api.url}/up")
                except httpx.ConnectError:
                    return True
                except httpx.TransportError:
                    return False
                return False

            await eventually(is_shut, bool, what="a door that is shut")
        writer.write(b"GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await api.process.wait_for_exit(within=15)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nconnection: close\r\n" in answer.lower()


async def test_a_message_that_comes_too_late_to_be_sent_is_left_to_others(start: Start, simulator: Simulator) -> None:
    """Once the door is shut no attempt begins: so the end comes within the time that platforms give."""
    slow, late = new_number(), new_number()
    await simulator.control.set_fault("late_commit", to=slow, seconds=2)
    async with start(TWILIO_MAX_CONCURRENCY="1") as api:
        api_user = await ApiUser.sign_up(api)
        sending = asyncio.create_task(api_user.send(slow))
        await eventually(lambda: simulator.create_requests(slow), bool, what="a request to the provider")
        waiting = asyncio.create_task(api_user.send(late))
        await eventually(api_user.list, lambda rows: len(rows) == 2, what="two stored messages")
        begun = time.monotonic()
        api.process.send_signal(signal.SIGTERM)
        answers = await asyncio.gather(sending, waiting)
        await api.process.wait_for_exit(within=15)
        assert time.monotonic() - begun < 12
    assert [answer.status_code for answer in answers] == [201, 202]
    assert await simulator.accepted(late) == []
    async with start() as api:
        await ApiUser(api, api_user.id, api_user.email, api_user.access_token, api_user.refresh_token).eventually(
            answers[1].json()["_id"], "delivered"
        )
    assert len(await simulator.accepted(late)) == 1
