"""No route reads or changes another user's resources: a stranger calls every operation of the OpenAPI document.

A new route is called, too. If it has an unknown parameter or body, the test says what to add, and where.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.support.api_user import PASSWORD, ApiUser, Json, new_number, sign_in
from tests.support.event_client import call_briefly
from tests.support.inbound import INBOUND_PATH
from tests.support.servers import Api, Simulator, Start

KEY = "the owner's key"
TEXT = "A secret recipe for lentil soup"
NAME = "Confidential Source"
IGNORED_PARAMETERS = {
    "archived",
    "limit",
    "updated_since",
    "since",
    "position",
    "status",
    "country",
    "direction",
    "error_code",
    "created_from",
    "created_before",
    "around_time",
    "if-none-match",
    "last-event-id",
    "accept_possible_duplicate",
    "attempt",
    "apply",
    "existing",
    "columns",
    "x-twilio-signature",
}
"""Parameters that identify no resource: they are left out."""
SUBSCRIPTION = {
    "endpoint": "https://push.example.com/send/abc",
    "keys": {
        "p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
        "auth": "tBHItJI5svbpez7KI4CCXg",
    },
}
SIGNED_ADDRESSES = {"GET /api/twilio/media/{attachment_id}/{expires}/{signature}"}
"""Operations for whoever has an address that the server has signed. Theirs is forged here."""
SHARED_PARAMETERS = {"number"}
"""Parameters in a path that identify something of the whole server, which all its users share."""


@dataclass
class Owner:
    """A user with at least one resource of each kind."""

    api_user: ApiUser
    sessions: list[Json]
    messages: list[Json]
    picture: Json
    """A message that they have received."""
    attachment_id: str
    """A picture that they have sent."""
    unsent_attachment_id: str

    @property
    def parameters(self) -> Mapping[str, list[str]]:
        """The values that identify resources of the owner, by parameter."""
        ids = [message["_id"] for message in self.messages]
        return {
            "message_id": ids,
            "before": ids,
            "after": ids,
            "around": ids,
            "number": [self.messages[0]["peer_number"]],
            "session_id": [session["_id"] for session in self.sessions],
            "peer_number": [self.messages[0]["peer_number"]],
            "revision": ["1000000"],
            "search": [TEXT, NAME, self.messages[0]["peer_number"][-7:]],
            "idempotency-key": [KEY],
            "attachment_id": [self.unsent_attachment_id, self.attachment_id],
        }

    def parameters_of(self, operation: str) -> Mapping[str, list[str]]:
        """The same, for one operation."""
        if operation == "GET /api/messages/{message_id}/media/{index}":
            return {"message_id": [self.picture["_id"]], "index": ["0"]}
        if operation in SIGNED_ADDRESSES:
            return {"attachment_id": [self.attachment_id], "expires": ["9999999999"], "signature": ["x" * 43]}
        return self.parameters

    @property
    def bodies(self) -> Mapping[str, Json | str]:
        """The bodies with which a stranger tries to reach the resources, by operation."""
        number, sid = self.messages[0]["recipient_number"], self.messages[0]["twilio_sid"]
        new = {"password": "wrong password", "password_confirmation": "wrong password"}
        return {
            "POST /users": {"user": {"email": self.api_user.email, **new}},
            "POST /users/sign_in": {"user": {"email": self.api_user.email, "password": "wrong password"}},
            "POST /users/token": {
                "grant_type": "refresh_token",
                "refresh_token": f"{self.sessions[0]['_id']}.1.{self.api_user.refresh_token.rpartition('.')[2]}x",
            },
            "POST /users/password_reset": {"user": {"email": self.api_user.email}},
            "PUT /users/password_reset": {"user": {"token": self.api_user.id, **new}},
            "PUT /users/password": {"user": {"current_password": PASSWORD, **new}},
            "DELETE /users": {"user": {"password": PASSWORD}},
            "POST /users/second_factor": {"user": {"password": PASSWORD}},
            "PUT /users/second_factor": {"user": {"code": "123456"}},
            "DELETE /users/second_factor": {"user": {"password": PASSWORD}},
            "POST /users/second_factor/recovery_codes": {"user": {"password": PASSWORD}},
            "PUT /api/push/subscription": {"subscription": SUBSCRIPTION},
            "PUT /api/contacts/{number}": {"contact": {"name": "Mallory"}},
            "POST /api/contacts/import": f"Name,Phone\r\nMallory,{number}\r\n",
            "PUT /api/opt_outs/{number}": {"opt_out": {"opted_out": False, "reason": "A mistake"}},
            "POST /api/attachments": "GIF89a",
            "POST /api/messages": {"message": {"recipient_number": number, "content": TEXT}},
            "PUT /api/conversations/{peer_number}/read": {"inbound": 1},
            "PUT /api/conversations/{peer_number}/archived": {"inbound": 1},
            "POST /api/twilio/status_callback": {"MessageSid": sid, "MessageStatus": "failed", "To": number},
            "POST /api/twilio/inbound": {"MessageSid": sid, "SmsStatus": "received", "From": number},
        }

    @property
    def secrets(self) -> list[str]:
        """The values that no response to a stranger may contain."""
        ids = [
            self.api_user.id,
            self.picture["_id"],
            self.attachment_id,
            self.unsent_attachment_id,
            *self.parameters["message_id"],
            *self.parameters["session_id"],
        ]
        sids = [message["twilio_sid"] for message in self.messages if message["twilio_sid"]]
        return [*ids, *sids, self.api_user.email, self.messages[0]["peer_number"], TEXT, NAME]

    async def snapshot(self) -> Json:
        """Everything that the owner can read."""
        paths = ["/users", "/users/sessions", "/users/second_factor", "/api/messages", "/api/conversations"]
        paths += ["/api/contacts", f"/api/contacts/{self.messages[0]['peer_number']}"]
        paths += [f"/api/messages/{message['_id']}" for message in self.messages]
        answers = {path: await self.api_user.call("GET", path) for path in paths}
        assert {answer.status_code for answer in answers.values()} == {200}
        return {path: answer.json() for path, answer in answers.items()}


@dataclass(frozen=True)
class Call:
    """A request for a resource of the owner."""

    operation: str
    method: str
    path: str
    identifies_resource: bool
    """By its path: then it does not exist for anybody else."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Json | str | None
    is_form: bool

    async def make(self, api_user: ApiUser) -> httpx.Response:
        name = "content" if isinstance(self.body, str) else "data" if self.is_form else "json"
        sent_as = {} if self.body is None else {name: self.body}
        headers = {"Authorization": f"Bearer {api_user.access_token}", **self.headers}
        return await call_briefly(
            api_user.api.http, self.method, self.path, params=self.query, headers=headers, **sent_as
        )


def calls_for(owner: Owner, api: Api) -> Iterator[Call]:
    """Every operation, once for each resource of the owner that it can identify."""
    for name, operation in api.contract.operations():
        parameters = owner.parameters_of(name)
        known = [each for each in operation.get("parameters", []) if each["name"].lower() not in IGNORED_PARAMETERS]
        for each in known:
            assert each["name"].lower() in parameters, (
                f"{name} takes `{each['name']}`: add it to `Owner.parameters`, "
                "or to IGNORED_PARAMETERS if it identifies no resource."
            )
        body = operation.get("requestBody", {}).get("content", {})
        assert not body or name in owner.bodies, f"{name} takes a body: add one to `Owner.bodies`."
        for values in _choices(known, parameters):
            yield _call(name, values, owner.bodies.get(name), is_form="application/json" not in body)


def _choices(
    parameters: list[Mapping[str, Any]], values: Mapping[str, list[str]]
) -> Iterator[list[tuple[str, str, str]]]:
    """All required parameters with at most one other, as rows of location, name and value."""
    needed = [each for each in parameters if each["required"]]
    more = [each for each in parameters if not each["required"]]
    rounds = max((len(values[each["name"]]) for each in needed), default=1)
    for turn in range(rounds):
        required = [
            (each["in"], each["name"], values[each["name"]][turn % len(values[each["name"]])]) for each in needed
        ]
        yield required
        for each in more:
            for value in values[each["name"].lower()]:
                yield [*required, (each["in"], each["name"], value)]


def _call(name: str, values: list[tuple[str, str, str]], body: Json | str | None, *, is_form: bool) -> Call:
    method, _, path = name.partition(" ")
    placed: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}}
    for location, parameter, value in values:
        placed[location][parameter] = value
    path = path.format(**placed["path"])
    return Call(
        name,
        method,
        path,
        bool(placed["path"].keys() - SHARED_PARAMETERS),
        placed["query"],
        placed["header"],
        body,
        is_form,
    )


async def make_owner(api: Api, simulator: Simulator) -> Owner:
    api_user = await ApiUser.sign_up(api)
    await sign_in(api, api_user.email)
    number = new_number()
    sent = (await api_user.send(number, TEXT, key=KEY)).json()
    await api_user.eventually(sent["_id"], "delivered")
    attachment_id = await api_user.uploaded(b"GIF89a")
    unsent_attachment_id = await api_user.uploaded(b"GIF89a")
    with_picture = (await api_user.send_media(number, TEXT, [attachment_id])).json()
    await api_user.eventually(with_picture["_id"], "delivered")
    failed = (await api_user.send("+15005550001", TEXT)).json()["message"]
    named = await api_user.call("PUT", f"/api/contacts/{number}", json={"contact": {"name": NAME}})
    assert named.status_code == 200
    await simulator.control.set_number(sms_url=api.url + INBOUND_PATH)
    picture = await simulator.control.text(number, "", num_media=1)
    await simulator.wait_for_webhook(picture.sid)
    (received,) = await api_user.list(direction="inbound")
    # From now on no status changes by itself.
    await simulator.control.set_fault("unauthorized")
    pending = (await api_user.send(number, f"{TEXT}, later")).json()
    messages = [await api_user.detail(each["_id"]) for each in (sent, failed, pending, with_picture)]
    assert [message["status"] for message in messages] == ["delivered", "failed", "pending", "delivered"]
    sessions = (await api_user.call("GET", "/users/sessions")).json()
    return Owner(api_user, sessions, messages, received, attachment_id, unsent_attachment_id)


def rows_of(answer: httpx.Response) -> list[Json]:
    """The rows of a list. A new user has nothing to be listed but their session."""
    body = answer.json() if answer.content and answer.headers["content-type"] == "application/json" else None
    return body if isinstance(body, list) else []


@pytest.mark.parametrize("signed_in", [True, False], ids=["another user", "not signed in"])
async def test_no_route_reads_or_changes_another_users_resources(
    start: Start, simulator: Simulator, signed_in: bool
) -> None:
    async with start() as api:
        owner = await make_owner(api, simulator)
    # Sending is off, so that no attempt changes the pending message.
    async with start(SENDING_ENABLED="off") as api:
        owner.api_user.api = api
        before = await owner.snapshot()
        called = set()
        for call in calls_for(owner, api):
            stranger = await ApiUser.sign_up(api) if signed_in else ApiUser(api, "", "", "nothing", "")
            answer = await call.make(stranger)
            if call.identifies_resource:
                needs_session = call.operation not in SIGNED_ADDRESSES
                assert answer.status_code == (401 if needs_session and not signed_in else 404), call
            own_input = [answer.request.content.decode(), *call.query.values()]
            if not call.identifies_resource:
                own_input.append(call.path)
            leaked = [secret for secret in owner.secrets if secret in answer.text]
            assert [secret for secret in leaked if not any(secret in text for text in own_input)] == [], call
            assert all(row.get("current") for row in rows_of(answer)), f"{call}: {answer.text}"
            assert await owner.snapshot() == before, call
            called.add(call.operation)
        assert called == {name for name, _ in api.contract.operations()}
        assert (await sign_in(api, owner.api_user.email)).status_code == 201


async def test_the_owner_reaches_the_resources_by_the_same_requests(start: Start, simulator: Simulator) -> None:
    """Otherwise a 404 would prove nothing."""
    async with start() as api:
        owner = await make_owner(api, simulator)
        reached: dict[str, set[int]] = {}
        # What is deleted cannot be reached any more.
        for call in sorted(calls_for(owner, api), key=lambda call: call.method == "DELETE"):
            if (
                call.identifies_resource
                and call.operation not in SIGNED_ADDRESSES
                and call.path != f"/users/sessions/{owner.sessions[-1]['_id']}"
            ):
                answer = await call.make(owner.api_user)
                reached.setdefault(call.operation, set()).add(answer.status_code)
        assert reached
        for operation, statuses in reached.items():
            assert min(statuses) < 300, f"{operation}: {statuses}"
            assert 404 not in statuses, f"{operation}: {statuses}"
        for filters in ({"search": TEXT}, {"peer_number": owner.messages[0]["peer_number"]}):
            assert await owner.api_user.list(**filters) != []
