"""The Account and IncomingPhoneNumbers resources, read by the official library."""

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException

from devservers.twilio.account import DEFAULT_ACCOUNT_SID, DEFAULT_FROM_NUMBER
from tests.devservers.twilio.harness import Library, Simulator


async def test_the_account_is_active(twilio: Library) -> None:
    account = await twilio.call(twilio.client.api.v2010.accounts(DEFAULT_ACCOUNT_SID).fetch)
    assert (account.sid, account.status, account.type) == (DEFAULT_ACCOUNT_SID, "active", "Full")


@pytest.mark.parametrize(("number", "can_send"), [(DEFAULT_FROM_NUMBER, True), ("+15005550007", False)])
async def test_numbers_list_their_capabilities(twilio: Library, number: str, can_send: bool) -> None:
    (row,) = await twilio.call(twilio.client.incoming_phone_numbers.list, phone_number=number)
    assert (row.phone_number, row.capabilities["sms"], row.account_sid) == (number, can_send, DEFAULT_ACCOUNT_SID)
    assert number in [each.phone_number for each in await twilio.call(twilio.client.incoming_phone_numbers.list)]


async def test_an_unknown_number_is_not_listed(twilio: Library) -> None:
    assert await twilio.call(twilio.client.incoming_phone_numbers.list, phone_number="+14155550100") == []


async def test_a_wrong_token_is_rejected(simulator: Simulator) -> None:
    unauthorized = Library(simulator.url, token="wrong")
    with pytest.raises(TwilioRestException) as refused:
        await unauthorized.call(unauthorized.client.api.v2010.accounts(DEFAULT_ACCOUNT_SID).fetch)
    assert (refused.value.status, refused.value.code) == (401, 20003)
    with pytest.raises(TwilioException, match="HTTP 401"):
        await unauthorized.call(unauthorized.client.incoming_phone_numbers.list)
    unauthorized.close()
