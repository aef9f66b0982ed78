import re
from email.utils import parsedate_to_datetime

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException

from devservers.twilio.account import DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, DEFAULT_FROM_NUMBER
from devservers.twilio.control import SimulatorControl
from tests.devservers.twilio.harness import ORDINARY, Library, Receiver, Simulator, eventually
from tests.support.servers import NO_TLS

COLLECTION = f"/2010-04-01/Accounts/{DEFAULT_ACCOUNT_SID}/Messages.json"
AUTH = (DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN)
JSON = {"headers": {"Content-Type": "application/json"}}
FORM = {"To": ORDINARY, "From": DEFAULT_FROM_NUMBER, "Body": "hello"}


async def raw(simulator: Simulator, method: str, path: str, **request: object) -> httpx.Response:
    async with httpx.AsyncClient(base_url=simulator.url, trust_env=False, verify=NO_TLS) as http:
        return await http.request(method, path, **request)  # type: ignore[arg-type]


async def rejection(twilio: Library, **parameters: str) -> TwilioRestException:
    with pytest.raises(TwilioRestException) as refused:
        await twilio.create(**parameters)
    return refused.value


async def test_create_returns_all_twenty_fields(simulator: Simulator, control: SimulatorControl) -> None:
    answer = await raw(simulator, "POST", COLLECTION, data=FORM, auth=AUTH)
    assert answer.status_code == 201
    message = answer.json()
    sid = message["sid"]
    assert re.fullmatch(r"SM[0-9a-f]{32}", sid)
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000", message["date_created"])
    assert message == {
        "sid": sid,
        "account_sid": DEFAULT_ACCOUNT_SID,
        "messaging_service_sid": None,
        "from": DEFAULT_FROM_NUMBER,
        "to": ORDINARY,
        "body": "hello",
        "num_segments": "1",
        "num_media": "0",
        "direction": "outbound-api",
        "status": "queued",
        "date_created": message["date_created"],
        "date_updated": message["date_created"],
        "date_sent": None,
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "error_message": None,
        "api_version": "2010-04-01",
        "uri": f"/2010-04-01/Accounts/{DEFAULT_ACCOUNT_SID}/Messages/{sid}.json",
        "subresource_uris": {"media": f"/2010-04-01/Accounts/{DEFAULT_ACCOUNT_SID}/Messages/{sid}/Media.json"},
    }


async def test_every_response_identifies_the_simulator(simulator: Simulator, control: SimulatorControl) -> None:
    for method, path in (("POST", COLLECTION), ("GET", "/"), ("GET", "/nowhere"), ("GET", "/_control/pace")):
        answer = await raw(simulator, method, path)
        assert answer.headers.get_list("server") == ["MySMS-Twilio-Simulator"]
        assert answer.headers["x-simulator"] == "mysms-twilio"


async def test_a_message_is_delivered(twilio: Library) -> None:
    message = await twilio.create(body="😜" + "1" * 69)
    assert (message.status, message.num_segments, message.date_sent, message.price) == ("queued", "2", None, None)

    async def delivered() -> bool:
        return bool((await twilio.fetch(message.sid)).status == "delivered")

    await eventually(delivered)
    fetched = await twilio.fetch(message.sid)
    assert fetched.date_sent is not None
    assert fetched.date_created is not None
    assert fetched.date_sent >= fetched.date_created
    assert fetched.price == "-0.01500"
    assert fetched.error_code is None


@pytest.mark.parametrize(
    ("to", "status", "error_code"),
    [
        ("+15005553003", "undelivered", 30003),
        ("+15005553007", "undelivered", 30007),
        ("+15005553410", "undelivered", 30410),
        ("+15005553001", "failed", 30001),
        ("+15005551001", "sent", None),
        ("+15005551002", "queued", None),
        ("+15005551003", "read", None),
        ("+15005551005", "delivered", None),
        ("+15005551006", "undelivered", 30003),
    ],
)
async def test_magic_numbers(
    twilio: Library, control: SimulatorControl, to: str, status: str, error_code: int | None
) -> None:
    message = await twilio.create(to=to)

    async def arrived() -> bool:
        return bool((await twilio.fetch(message.sid)).status == status)

    await eventually(arrived)
    fetched = await twilio.fetch(message.sid)
    assert fetched.error_code == error_code
    assert bool(fetched.error_message) is (error_code is not None)
    assert (fetched.date_sent is None) is (status in {"queued", "failed"})


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"to": "+15005550001"}, 21211),
        ({"to": "+15005550002"}, 21612),
        ({"to": "+15005550003"}, 21408),
        ({"to": "+15005550004"}, 21610),
        ({"to": "+15005550009"}, 21614),
        ({"to": "12345"}, 21211),
        ({"to": "+0123456789"}, 21211),
        ({"to": ""}, 21604),
        ({"from_": "+15005550001"}, 21212),
        ({"from_": "+15005550007"}, 21606),
        ({"from_": "+15005550008"}, 21611),
        ({"from_": "+14155550100"}, 21606),
        ({"from_": "somebody"}, 21212),
        ({"from_": ""}, 21603),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"status_callback": "https://example.com/callback"}, 21609),
        ({"status_callback": "http://192.0.2.1/callback"}, 21609),
        ({"status_callback": "http://under_score/callback"}, 21609),
        ({"status_callback": "ftp://127.0.0.1/callback"}, 21609),
        ({"status_callback": "http://127.0.0.1:99999/callback"}, 21609),
        ({"status_callback": "http://[::1/callback"}, 21609),
        ({"status_callback": "callback"}, 21609),
    ],
)
async def test_rejections(twilio: Library, control: SimulatorControl, parameters: dict[str, str], code: int) -> None:
    refused = await rejection(twilio, **parameters)
    assert (refused.status, refused.code) == (400, code)
    assert await control.ledger() == []


async def test_an_error_body(simulator: Simulator, control: SimulatorControl) -> None:
    answer = await raw(simulator, "POST", COLLECTION, data=FORM | {"To": "+15005550004"}, auth=AUTH)
    assert answer.json() == {
        "code": 21610,
        "message": "Attempt to send to unsubscribed recipient",
        "more_info": "https://www.twilio.com/docs/errors/21610",
        "status": 400,
    }


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (21212, "Invalid 'From' Phone Number"),
        (21603, "A 'From' phone number is required."),
        (
            21606,
            "The 'From' phone number provided is not a valid message-capable Twilio phone number for this "
            "destination/account",
        ),
        (21659, "'From' is not a Twilio phone number or Short Code country mismatch"),
        (21660, "Mismatch between the 'From' number and the account"),
        (21661, "'From' number is not SMS-capable"),
    ],
)
async def test_error_bodies_of_rejected_senders(
    simulator: Simulator, control: SimulatorControl, code: int, message: str
) -> None:
    await control.set_fault("refuse", code=code, times=1)
    answer = await raw(simulator, "POST", COLLECTION, data=FORM, auth=AUTH)
    assert answer.status_code == 400
    assert answer.json() == {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": 400,
    }


@pytest.mark.parametrize("number", ["+1234567890", "+442079460958", "+390612345678", DEFAULT_FROM_NUMBER])
async def test_ordinary_numbers(twilio: Library, number: str) -> None:
    assert (await twilio.create(to=number, body="x" * 1600)).to == number


async def test_a_wrong_token_and_another_account(simulator: Simulator, twilio: Library) -> None:
    unauthorized = Library(simulator.url, token="wrong")
    refused = await rejection(unauthorized)
    unauthorized.close()
    assert (refused.status, refused.code) == (401, 20003)

    other = COLLECTION.replace(DEFAULT_ACCOUNT_SID, "AC" + "f" * 32)
    answer = await raw(simulator, "POST", other, data=FORM, auth=AUTH)
    assert (answer.status_code, answer.json()["code"]) == (404, 20404)


async def test_fetching_an_unknown_message(twilio: Library) -> None:
    with pytest.raises(TwilioRestException) as refused:
        await twilio.fetch("SM" + "0" * 32)
    assert (refused.value.status, refused.value.code) == (404, 20404)


async def test_redact_cancel_and_delete(twilio: Library, control: SimulatorControl) -> None:
    await control.set_pace(1000)
    message = await twilio.create(body="s" * 161)
    resource = twilio.client.messages(message.sid)
    redacted = await twilio.call(resource.update, body="")
    assert (redacted.body, redacted.num_segments) == ("", "2")
    assert (await twilio.call(resource.update, status="canceled")).status == "canceled"
    with pytest.raises(TwilioRestException):
        await twilio.call(resource.update, status="canceled")
    with pytest.raises(TwilioRestException):
        await twilio.call(resource.update, body="something else")

    assert await twilio.call(resource.delete)
    with pytest.raises(TwilioRestException) as refused:
        await twilio.call(resource.fetch)
    assert refused.value.status == 404
    assert await twilio.list() == []
    assert [entry.deleted for entry in await control.ledger()] == [True]


async def test_media(twilio: Library) -> None:
    message = await twilio.create(body="", media_url=["http://127.0.0.1:9/a.png", "http://127.0.0.1:9/b.png"])
    assert message.sid.startswith("MM")
    assert message.num_media == "2"


async def test_the_ledger_records_the_request(twilio: Library, control: SimulatorControl, receiver: Receiver) -> None:
    message = await twilio.create(status_callback=receiver.url() + "#rc=5&rp=all")
    [entry] = await control.ledger()
    assert entry.sid == message.sid
    assert entry.message["body"] == "hello"
    assert entry.request == FORM | {"StatusCallback": receiver.url() + "#rc=5&rp=all"}
    assert parsedate_to_datetime(entry.message["date_created"]).tzinfo is not None
    [request] = await control.requests()
    assert (request["operation"], request["to"], request["status"]) == ("create", ORDINARY, 201)


@pytest.mark.parametrize(
    ("method", "path", "request_parts"),
    [
        ("POST", COLLECTION, {"headers": {"Authorization": "Basic %%%"}}),
        ("POST", COLLECTION, {"headers": {"Authorization": "Basic é".encode()}}),
        ("POST", COLLECTION, {"headers": {"Authorization": "Bearer x"}}),
        ("POST", COLLECTION, {"content": b"\xff\xfe=%zz&&&=&To"}),
        ("POST", COLLECTION, {"json": {"To": "x"}}),
        ("POST", COLLECTION, {"files": {"To": b"x"}}),
        ("POST", COLLECTION, {"content": b"To=%00&From=%00&Body=%00"}),
        ("POST", COLLECTION, {"content": b"To=&To=1&From=&Body=%ED%A0%80"}),
        ("GET", COLLECTION + "?DateSent=yesterday", {}),
        ("GET", COLLECTION + "?DateSent=9999-12-31&DateSent<=0001-01-01", {}),
        ("GET", COLLECTION + "?PageToken=PAnone", {}),
        ("GET", COLLECTION + "?PageToken=%F0%9F", {}),
        ("GET", COLLECTION + "?PageSize=-1&Page=" + "9" * 30, {}),
        ("GET", COLLECTION + "?PageSize=²&Page=٣", {}),
        ("GET", COLLECTION + "?Page=999999999&PageSize=1000", {}),
        ("PUT", COLLECTION, {}),
        ("GET", COLLECTION.replace(".json", ""), {}),
        ("GET", COLLECTION.replace(".json", "/%00.json"), {}),
        ("GET", COLLECTION.replace(".json", "/SM'; DROP TABLE messages;.json"), {}),
        ("GET", "/%2e%2e/static/../app.py", {}),
        ("POST", "/_control/faults", {"content": b"{"} | JSON),
        ("POST", "/_control/faults", {"json": []}),
        ("POST", "/_control/faults", {"json": {"kind": {}}}),
        ("POST", "/_control/faults", {"json": {"kind": "hang", "seconds": "NaN"}}),
        ("POST", "/_control/faults", {"json": {"kind": "hang", "times": 0}}),
        ("POST", "/_control/faults", {"content": b'{"kind": "skew_dates", "seconds": Infinity}'} | JSON),
        ("POST", "/_control/faults", {"content": b'{"kind": "trial_prefix", "prefix": "\\ud800"}'} | JSON),
        (
            "POST",
            "/_control/callback",
            {"content": b'{"url": "http://127.0.0.1:1/", "params": {"\\ud800": ""}}'} | JSON,
        ),
        ("POST", "/_control/messages/x/status", {"json": {"status": "failed", "error_code": 10**30}}),
        ("POST", "/_control/pace", {"json": {"pace": -1}}),
        ("POST", "/_control/callback", {"json": {"url": "http://example.com", "params": {}}}),
        ("POST", "/_control/messages/none/status", {"json": {"status": "delivered"}}),
    ],
)
async def test_malformed_requests_are_rejected_without_a_crash(
    simulator: Simulator, control: SimulatorControl, method: str, path: str, request_parts: dict[str, object]
) -> None:
    answer = await raw(simulator, method, path, **{"auth": AUTH} | request_parts)
    assert answer.status_code == 200 or 400 <= answer.status_code < 500, answer.text
