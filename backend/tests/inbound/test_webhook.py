"""POST /api/twilio/inbound: every message is stored once, for the user it is for."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient
from twilio.request_validator import HMAC_SHA256, RequestValidator

from tests.support.api_user import ApiUser, Json, new_email, new_number
from tests.support.inbound import INBOUND_PATH, TWIML, deliver, inbound_form, post_inbound
from tests.support.polling import eventually
from tests.support.responses import problem_of
from tests.support.servers import AUTH_TOKEN, FROM_NUMBER, Api, Mongo, Start
from tests.support.status_callbacks import PATH, signature_of


async def received(user: ApiUser, **query: Any) -> list[Json]:
    return [row for row in await user.list(**query) if row["direction"] == "inbound"]


async def received_texts(user: ApiUser, **query: Any) -> list[str]:
    return [row["content"] for row in await received(user, **query)]


@pytest.fixture
async def peer(api_user: ApiUser) -> str:
    """A number that the user has written to."""
    number = new_number()
    await api_user.send_accepted(number, "How are you?")
    return number


async def test_an_answer_appears_in_the_conversation(api: Api, api_user: ApiUser, peer: str) -> None:
    etag = await api_user.settled_etag("/api/messages")
    sid = await deliver(api, peer, "Fine, thank you", NumSegments="2")
    newest, sent = await api_user.list(peer_number=peer)
    assert sent["content"] == "How are you?"
    assert {name: newest[name] for name in newest if name not in {"_id", "created_at", "updated_at"}} == {
        "direction": "inbound",
        "from_number": peer,
        "recipient_number": FROM_NUMBER,
        "peer_number": peer,
        "content": "Fine, thank you",
        "status": "received",
        "cancel_requested": False,
        "twilio_sid": sid,
        "client_id": None,
        "error_code": None,
        "error_message": None,
        "explanation": None,
        "retry_of": None,
        "segments": 2,
        "num_media": 0,
        "media": [],
        "content_removed_at": None,
        "deleted_at": None,
        "version": 1,
    }
    assert newest["created_at"] > sent["created_at"]
    (event,) = (await api_user.detail(newest["_id"]))["timeline"]
    assert (event["source"], event["status"], event["sid"]) == ("callback", "received", sid)

    async def conversations() -> Json:
        (conversation,) = (await api_user.call("GET", "/api/conversations")).json()
        found: Json = conversation
        return found

    conversation = await eventually(conversations, lambda found: found["messages"] == 2, what="the count")
    assert conversation["last_message"]["_id"] == newest["_id"]

    async def total() -> str:
        return (await api_user.call("GET", "/api/messages")).headers["X-Total-Count"]

    await eventually(total, lambda found: found == "2", what="the total")
    answer = await api_user.call("GET", "/api/messages", headers={"If-None-Match": etag})
    assert answer.status_code == 200


async def test_a_picture_without_text_is_not_one_whose_text_was_removed(api: Api, api_user: ApiUser, peer: str) -> None:
    await deliver(api, peer, "", NumMedia="2")
    picture, sent = await api_user.list(peer_number=peer)
    assert [picture[name] for name in ("content", "num_media", "content_removed_at")] == ["", 2, None]
    assert (sent["num_media"], sent["content_removed_at"]) == (0, None)


async def test_answers_are_found_like_other_messages(api: Api, api_user: ApiUser, peer: str) -> None:
    await deliver(api, peer, "The lentil soup, please")
    for query in ({"search": "lentil"}, {"direction": "inbound"}, {"status": "received"}, {"peer_number": peer}):
        assert await received_texts(api_user, **query) == ["The lentil soup, please"], query
    assert [row["content"] for row in await api_user.list(status="delivered", search="lentil")] == []
    csv = await api_user.call("GET", "/api/messages/export.csv")
    assert "The lentil soup, please" in csv.text
    exported = await api_user.call("GET", "/api/export")
    assert "The lentil soup, please" in exported.text


async def test_a_repeated_webhook_stores_nothing(api: Api, api_user: ApiUser, peer: str) -> None:
    form = inbound_form(peer, "Once")
    answers = [await post_inbound(api, form) for _ in range(3)]
    answers += await asyncio.gather(*[post_inbound(api, form) for _ in range(10)])
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, TWIML)}
    # The fallback URL receives the same message with more fields.
    await post_inbound(api, {**form, "ErrorCode": "11200", "ErrorUrl": "https://sms.example.com/x"})
    assert await received_texts(api_user) == ["Once"]

    async def counted() -> int:
        return int((await api_user.call("GET", "/api/conversations")).json()[0]["messages"])

    assert await eventually(counted, lambda messages: messages == 2, what="the count") == 2


async def test_many_at_once_are_stored_once(api: Api, api_user: ApiUser, peer: str) -> None:
    forms = [inbound_form(peer, f"Number {number}") for number in range(10)]
    await asyncio.gather(*[post_inbound(api, form) for form in forms for _ in range(3)])
    assert sorted(await received_texts(api_user)) == sorted(form["Body"] for form in forms)

    async def totals() -> tuple[int, str]:
        (conversation,) = (await api_user.call("GET", "/api/conversations")).json()
        return conversation["messages"], (await api_user.call("GET", "/api/messages")).headers["X-Total-Count"]

    await eventually(totals, lambda found: found == (11, "11"), what="the counts")


async def test_the_original_address_of_inbound_messages_works(api: Api, api_user: ApiUser, peer: str) -> None:
    form = inbound_form(peer, "At the address of the status callbacks")
    answer = await post_inbound(api, form, PATH)
    assert (answer.status_code, answer.content) == (200, TWIML)
    assert (await post_inbound(api, form)).content == TWIML
    assert await received_texts(api_user) == ["At the address of the status callbacks"]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("nul\0 byte", "nul byte"),
        ("", ""),
        ("  \n spaces kept ", "  \n spaces kept "),
        ("<b>not bold</b> & + %41", "<b>not bold</b> & + %41"),
        ("long " * 1000, "long " * 1000),
        ("👩‍👩‍👧 ünïcode", "👩‍👩‍👧 ünïcode"),
    ],
)
async def test_every_text_is_stored(api: Api, api_user: ApiUser, peer: str, body: str, shown: str) -> None:
    await deliver(api, peer, body, UnknownField="x", MessagingServiceSid="MG1")
    assert await received_texts(api_user) == [shown]


SENDERS = ["12345", "MYBANK", "My Bank 24", "+15551", "O'Bank", "A/B?#&+ %41", "Bücher", "whatsapp:+14155552671"]
NOBODY_COULD_ASK_FOR = ["..", "+0123456", "791234567", "a\nb", "\u202egnab", "x" * 200]


async def test_senders_without_a_phone_number_have_conversations(start: Start) -> None:
    async with start() as api:
        user = await ApiUser.sign_up(api)
        for sender in (*SENDERS, *NOBODY_COULD_ASK_FOR):
            await deliver(api, sender, f"I am {sender}")
        found = (await user.call("GET", "/api/conversations")).json()
        assert {conversation["peer_number"] for conversation in found} == {*SENDERS, "unknown"}
        for sender in SENDERS:
            (message,) = await user.list(peer_number=sender)
            assert (message["peer_number"], message["content"]) == (sender, f"I am {sender}")
        others = await user.list(peer_number="unknown")
        assert [message["from_number"] for message in others[::-1]] == NOBODY_COULD_ASK_FOR


async def test_another_number_of_the_account_is_accepted_too(api: Api, api_user: ApiUser, start: Start) -> None:
    async with start() as own:
        user = await ApiUser.sign_up(own)
        await deliver(own, new_number(), "To another number", To="+15005550010")
        (message,) = await user.list()
        assert (message["recipient_number"], message["content"]) == ("+15005550010", "To another number")


class TestRecipients:
    async def test_it_is_the_user_who_wrote_last(self, api: Api) -> None:
        first, second = [await ApiUser.sign_up(api) for _ in range(2)]
        number = new_number()
        for user, text in ((first, "one"), (second, "two")):
            await user.send_accepted(number, f"From {user.email}")
            await deliver(api, number, text)
        await first.send_accepted(number, "Again")
        await deliver(api, number, "three")
        assert await received_texts(first) == ["three", "one"]
        assert await received_texts(second) == ["two"]

    async def test_what_was_never_sent_gets_no_answer(self, start: Start) -> None:
        number = new_number()
        async with start() as sending:
            first = await ApiUser.sign_up(sending)
            await first.send_accepted(number, "How are you?")
        async with start(SENDING_ENABLED="off") as paused:
            second = await ApiUser.sign_up(paused)
            waiting = (await second.send(number, "Me too")).json()
            await deliver(paused, number, "while it waits")
            assert (await second.call("POST", f"/api/messages/{waiting['_id']}/cancel")).status_code == 200
            await deliver(paused, number, "after it was canceled")
            assert await received_texts(second) == []
            first.api = paused
            await first.refresh_tokens()
            assert await received_texts(first) == ["after it was canceled", "while it waits"]

    async def test_a_rewritten_number_belongs_to_the_conversation_it_answers(self, api: Api, api_user: ApiUser) -> None:
        written = f"+52{new_number()[2:]}"
        await api_user.send_accepted(written, "Hola")
        await deliver(api, written.replace("+52", "+521"), "Buenos días")
        assert [row["content"] for row in await api_user.list(peer_number=written)] == ["Buenos días", "Hola"]

    async def test_else_it_is_the_fallback_account_else_the_first(self, start: Start) -> None:
        email = new_email()
        async with start() as api:
            first = await ApiUser.sign_up(api)
            await ApiUser.sign_up(api)
            await deliver(api, new_number(), "Hello?")
            assert await received_texts(first) == ["Hello?"]
        async with start(INBOUND_FALLBACK_EMAIL=email.upper()) as api:
            await deliver(api, new_number(), "Nobody has this address")
            fallback = await ApiUser.sign_up(api, email)
            await deliver(api, new_number(), "For the front desk")
            assert await received_texts(fallback) == ["For the front desk"]
            first.api = api
            await first.refresh_tokens()
            assert await received_texts(first) == ["Nobody has this address", "Hello?"]

    async def test_a_repeated_message_stays_with_its_first_recipient(self, api: Api) -> None:
        first, second = [await ApiUser.sign_up(api) for _ in range(2)]
        number = new_number()
        await first.send_accepted(number, "one")
        form = inbound_form(number, "For the first")
        await post_inbound(api, form)
        await second.send_accepted(number, "two")
        await post_inbound(api, form)
        assert await received_texts(first) == ["For the first"]
        assert await received_texts(second) == []

    async def test_without_any_account_the_provider_is_to_keep_it(self, start: Start) -> None:
        async with start() as api:
            form = inbound_form(new_number(), "Too early")
            problem_of(await post_inbound(api, form), 503, "nobody_to_receive")
            user = await ApiUser.sign_up(api)
            await post_inbound(api, form)
            assert await received_texts(user) == ["Too early"]

    async def test_a_deleted_account_receives_nothing_and_its_messages_do_not_come_back(self, start: Start) -> None:
        async with start() as api:
            remaining, leaving = [await ApiUser.sign_up(api) for _ in range(2)]
            number = new_number()
            await leaving.send_accepted(number, "Bye")
            form = inbound_form(number, "To the account that is deleted")
            await post_inbound(api, form)
            answer = await leaving.call("DELETE", "/users", json={"user": {"password": "correct horse battery"}})
            assert answer.status_code == 204
            await post_inbound(api, form)
            await deliver(api, number, "Are you still there?")
            assert await received_texts(remaining) == ["Are you still there?"]

    async def test_what_comes_in_while_an_account_is_deleted_is_for_another(
        self, start: Start, mongodb: Mongo, tmp_path: Path
    ) -> None:
        """The deletion has begun: its process was killed, for instance."""
        uri = mongodb.other_database(tmp_path.name[-20:])
        async with start() as api, AsyncMongoClient[Json](uri) as client:
            remaining, leaving = [await ApiUser.sign_up(api) for _ in range(2)]
            number = new_number()
            await leaving.send_accepted(number, "Bye")
            users = client.get_default_database()["users"]
            marked = await users.update_one({"_id": ObjectId(leaving.id)}, {"$set": {"deleting": True}})
            assert marked.matched_count == 1
            await post_inbound(api, inbound_form(number, "Is anybody there?"))

            async def texts_of_the_remaining() -> list[str]:
                return await received_texts(remaining)

            await eventually(texts_of_the_remaining, lambda texts: texts == ["Is anybody there?"], what="the message")
            assert await client.get_default_database()["messages"].count_documents({"direction": "inbound"}) == 1


class TestRejected:
    @pytest.mark.parametrize("signature", [None, "", "nonsense", "Zm9yZ2Vk"])
    async def test_forgeries_store_nothing(self, api: Api, api_user: ApiUser, peer: str, signature: str | None) -> None:
        headers = {} if signature is None else {"X-Twilio-Signature": signature}
        answer = await api.http.post(INBOUND_PATH, data=inbound_form(peer, "Forged"), headers=headers)
        problem_of(answer, 403, "bad_signature")
        assert await received(api_user) == []

    async def test_the_signature_covers_every_field_and_the_url(self, api: Api, api_user: ApiUser, peer: str) -> None:
        form = inbound_form(peer, "Genuine")
        valid = signature_of(api.url + INBOUND_PATH, form)
        of_the_other_url = signature_of(api.callback_url, form)
        by_another = signature_of(api.url + INBOUND_PATH, form, token="a guess")
        without_blanks = signature_of(api.url + INBOUND_PATH, {k: v for k, v in form.items() if v} | {"Body": "x"})
        attempts = [
            ({**form, "Body": "Changed"}, valid),
            ({**form, "ToCity": "Added"}, valid),
            (form, of_the_other_url),
            (form, by_another),
            (form, without_blanks),
        ]
        for changed, signature in attempts:
            answer = await api.http.post(INBOUND_PATH, data=changed, headers={"X-Twilio-Signature": signature})
            problem_of(answer, 403, "bad_signature")
        query = await api.http.post(f"{INBOUND_PATH}?x=1", data=form, headers={"X-Twilio-Signature": valid})
        problem_of(query, 403, "bad_signature")
        assert await received(api_user) == []

    async def test_another_account_stores_nothing(self, api: Api, api_user: ApiUser, peer: str) -> None:
        await deliver(api, peer, "Foreign", AccountSid="AC" + "1" * 32)
        assert await received(api_user) == []

    @pytest.mark.parametrize("changes", [{"MessageSid": None}, {"MessageSid": ""}, {"SmsStatus": "delivered"}])
    async def test_what_is_no_inbound_message_stores_nothing(
        self, api: Api, api_user: ApiUser, peer: str, changes: dict[str, str | None]
    ) -> None:
        form = inbound_form(peer, "Hello", **changes)
        assert (await post_inbound(api, form)).content == TWIML
        assert await received(api_user) == []

    async def test_the_sid_of_a_message_that_we_sent_stores_nothing(
        self, api: Api, api_user: ApiUser, peer: str
    ) -> None:
        (sent,) = await api_user.list(peer_number=peer)
        await deliver(api, peer, "Hello", MessageSid=sent["twilio_sid"])
        assert await received(api_user) == []

    @pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", ""])
    async def test_only_forms_are_read(self, api: Api, content_type: str) -> None:
        answer = await api.http.post(INBOUND_PATH, content=b"{}", headers={"Content-Type": content_type})
        problem_of(answer, 415, "unsupported_media_type")


async def test_both_kinds_of_secrets_sign(start: Start) -> None:
    settings = {"TWILIO_AUTH_TOKEN": "the-next-tokens-7f31c6", "TWILIO_AUTH_TOKEN_PREVIOUS": AUTH_TOKEN}
    async with start(**settings, TWILIO_WEBHOOK_KEY="the-shared-key-41b7e09c") as api:
        user = await ApiUser.sign_up(api)
        await deliver(api, new_number(), "By the previous token")
        form = inbound_form(new_number(), "By the shared key")
        validator = RequestValidator("the-shared-key-41b7e09c")
        headers = {
            "X-Twilio-Signature": str(validator.compute_signature(api.url + INBOUND_PATH, form, HMAC_SHA256)),
            "X-Twilio-Webhooks-Signature-Settings": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256",
        }
        assert (await api.http.post(INBOUND_PATH, data=form, headers=headers)).content == TWIML
        assert sorted(await received_texts(user)) == ["By the previous token", "By the shared key"]
