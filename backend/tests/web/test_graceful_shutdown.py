"""Graceful shutdown: after SIGTERM requests are still served and connections are closed, before the socket is."""

import asyncio
import signal
import time

import httpx

from tests.support.api_user import ApiUser, new_number
from tests.support.polling import eventually
from tests.support.servers import ALLOWED_ORIGIN, Api, Simulator, Start, is_listening, is_up


def port_of(api: Api) -> int:
    return int(api.url.rpartition(":")[2])


async def test_the_process_drains_before_it_closes_the_socket(start: Start, simulator: Simulator) -> None:
    async with start(DRAIN_SECONDS="3") as api:
        api_user = await ApiUser.sign_up(api)
        assert "Connection" not in (await api.http.get("/up")).headers
        api.process.send_signal(signal.SIGTERM)

        draining = await eventually(lambda: api.http.get("/ready"), lambda answer: answer.status_code == 503)
        assert draining.json()["problems"] == {"process": "The process is shutting down."}
        assert draining.headers["Connection"] == "close"
        asking = {"Origin": ALLOWED_ORIGIN, "Access-Control-Request-Method": "POST"}
        preflight = await api.http.options("/api/messages", headers=asking)
        assert (preflight.status_code, preflight.headers["Connection"]) == (200, "close")
        # Other requests are served, on connections that close after the response.
        sent = await api_user.send(new_number())
        assert (sent.status_code, sent.headers["Connection"]) == (201, "close")
        assert await is_listening(port_of(api))

        assert await api.process.wait_for_exit(within=15) in {0, -signal.SIGTERM}
        assert not await is_listening(port_of(api))


async def test_requests_in_progress_are_completed(start: Start, simulator: Simulator) -> None:
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


async def test_a_connection_accepted_before_the_socket_closed_is_served(start: Start) -> None:
    """Its request may be in transit: closing the connection would lose it."""
    async with start(DRAIN_SECONDS="0") as api:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(api))
        # Connected does not mean accepted; but a server that serves a later request has accepted this connection.
        assert await is_up(api.http)
        api.process.send_signal(signal.SIGTERM)
        async with httpx.AsyncClient(trust_env=False) as http:

            async def is_closed() -> bool:
                try:
                    await http.get(f"{api.url}/up")
                except httpx.ConnectError:
                    return True
                except httpx.TransportError:
                    return False
                return False

            await eventually(is_closed, bool, what="a closed socket")
        writer.write(b"GET /up HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await api.process.wait_for_exit(within=15)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nconnection: close\r\n" in answer.lower()


async def test_a_message_that_is_too_late_to_be_sent_is_left_to_other_processes(
    start: Start, simulator: Simulator
) -> None:
    """No attempt begins once the socket is closed, so that the process ends within the platform's grace period."""
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
