"""`python -m tests.bench.ceilings --port N`: the servers that the API is compared with.

Each route does one thing by hand, without accounts, limits, logs, metrics or security headers.
"""

import argparse
import contextlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import orjson
import uvicorn
from bson import ObjectId
from fastapi import FastAPI
from pymongo import AsyncMongoClient, WriteConcern
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

from mysms.providers.twilio import temporary_client
from tests.support.servers import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER, callback_url_of

Documents = AsyncMongoClient[dict[str, Any]]

bare = FastAPI()


@bare.get("/constant")
async def constant() -> dict[str, str]:
    return {"status": "ok"}


_PAGE = (
    *("direction", "from_number", "recipient_number", "peer_number", "content", "provider_status", "twilio_sid"),
    *("client_id", "error_code", "error_message", "retry_of", "segments", "created_at", "updated_at"),
)


async def page(request: Request) -> Response:
    """The same 50 messages, as PyMongo returns them."""
    found = request.app.state.messages.find({"user_id": ObjectId(request.query_params["user"])}, _PAGE)
    rows = await found.sort([("created_at", -1), ("_id", -1)]).limit(50).to_list()
    return Response(orjson.dumps(rows, default=str), media_type="application/json")


_validator = RequestValidator(AUTH_TOKEN)


async def status_callback(request: Request) -> Response:
    """The status of one message is raised, and its timeline gets the event, if the signature is right."""
    form = dict(await request.form())
    url = f"{callback_url_of(os.environ['API_URL'])}?{request.url.query}"
    if not _validator.validate(url, form, request.headers["X-Twilio-Signature"]):
        return Response(status_code=403)
    status, now = str(form["MessageStatus"]), datetime.now(UTC)
    key = f"callback:{form['MessageSid']}:{status}"
    await request.app.state.messages.find_one_and_update(
        {
            "_id": ObjectId(request.query_params["message_id"]),
            "events.key": {"$ne": key},
            "status_rank": {"$lt": _RANKS[status]},
        },
        {
            "$set": {"provider_status": status, "status_rank": _RANKS[status], "updated_at": now},
            "$push": {"events": {"key": key, "at": now, "source": "callback", "status": status}},
        },
        {"_id": 1},
    )
    return Response(status_code=204)


_TIMEOUT_SECONDS = 10.0
_RANKS = {"sending": 2, "sent": 3, "delivered": 4}


async def send(request: Request) -> Response:
    """The message is sent, and nothing is stored."""
    sent = await _send(request, (await request.json())["message"])
    return Response(orjson.dumps(sent), status_code=201)


async def stored_send(request: Request) -> Response:
    """The message is stored, sent, and updated: the least with which a process that ends loses none."""
    message, now, messages = (await request.json())["message"], datetime.now(UTC), request.app.state.outbox
    stored = await messages.insert_one({**message, "status": "claimed", "created_at": now})
    sent = await _send(request, message)
    await messages.update_one({"_id": stored.inserted_id}, {"$set": sent})
    return Response(orjson.dumps(sent), status_code=201)


async def _send(request: Request, message: dict[str, str]) -> dict[str, str]:
    sent = await run_in_threadpool(
        request.app.state.twilio.messages.create,
        from_=FROM_NUMBER,
        to=message["recipient_number"],
        body=message["content"],
    )
    return {"sid": sent.sid, "status": sent.status}


@contextlib.asynccontextmanager
async def _connected(app: Starlette) -> AsyncIterator[None]:
    async with Documents(os.environ["MONGODB_URI"], tz_aware=True) as client:
        app.state.messages = client.get_default_database()["messages"]
        app.state.outbox = client.get_default_database().get_collection(
            "bench_outbox", write_concern=WriteConcern("majority", j=True)
        )
        with temporary_client(ACCOUNT_SID, AUTH_TOKEN, os.environ["TWILIO_URL"], _TIMEOUT_SECONDS) as app.state.twilio:
            yield


by_hand = Starlette(
    routes=[
        Route("/page", page),
        Route("/status_callback", status_callback, methods=["POST"]),
        Route("/send", send, methods=["POST"]),
        Route("/stored_send", stored_send, methods=["POST"]),
    ],
    lifespan=_connected,
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("app", choices=["bare", "by_hand"])
    given = parser.parse_args()
    apps = {"bare": bare, "by_hand": by_hand}
    uvicorn.run(apps[given.app], port=given.port, loop="uvloop", http="httptools", access_log=False, log_level="error")


if __name__ == "__main__":
    main()
