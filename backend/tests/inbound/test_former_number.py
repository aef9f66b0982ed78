"""After a change of the number, answers to the former one still arrive, also if their webhooks are lost."""

from tests.support.api_user import ApiUser, new_number
from tests.support.polling import eventually
from tests.support.servers import FROM_NUMBER, Simulator, Start

NEW_NUMBER = "+15005550099"


async def test_an_answer_to_a_former_number_is_read_from_the_list(start: Start, simulator: Simulator) -> None:
    await simulator.control.set_number(sms_url="", sms_fallback_url="", sms_application_sid="")
    peer, stranger = new_number(), new_number()
    async with start(INBOUND_CATCH_UP_SECONDS="1") as api:
        user = await ApiUser.sign_up(api)
        await user.send_accepted(peer, "How are you?")
        # Once the second one is found, the look that found the first one has ended.
        for text in ("One moment", "Wait"):
            await simulator.control.text(peer, text)
            await received(user, text)
    await simulator.control.text(stranger, "Are you open?")
    try:
        async with start(INBOUND_CATCH_UP_SECONDS="1", TWILIO_FROM_NUMBER=NEW_NUMBER) as api:
            user.api = api
            await user.refresh_tokens()
            await simulator.control.text(peer, "I am well", to=FROM_NUMBER)
            await received(user, "I am well")
            await simulator.control.text(stranger, "Hello", to=NEW_NUMBER)
            assert await received(user, "Hello") == [
                "Hello",
                "I am well",
                "Are you open?",
                "Wait",
                "One moment",
            ]
    finally:
        await simulator.control.clear_ledger()


async def received(user: ApiUser, text: str) -> list[str]:
    """Wait until this text is stored. Returns all that were received, the newest first."""

    async def texts() -> list[str]:
        return [row["content"] for row in await user.list() if row["direction"] == "inbound"]

    return await eventually(texts, lambda found: text in found, what=text)
