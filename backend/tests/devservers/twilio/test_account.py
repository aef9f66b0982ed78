"""The Account and IncomingPhoneNumbers resources, read by the official library."""

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException

from devservers.twilio.account import DEFAULT_ACCOUNT_SID, DEFAULT_FROM_NUMBER
from tests.devservers.twilio.harness import Library, Simulator


async def test_the_account_is_active(twilio: Library) -> None:
    account = await twilio.call(twilio.client.api.v2010.accounts(DEFAULT_ACCOUNT_SID).fetch)
    assert (account.sid, account.status, account.type) == (DEFAULT_ACCOUNT_SID, "active", "Full")


@pytest.mark.parametrize(("number", "sends"), [(DEFAULT_FROM_NUMBER, True), ("+15005550007", False)])
async def test_its_numbers_tell_what_they_can(twilio: Library, number: str, sends: bool) -> None:
    (row,) = await twilio.call(twilio.client.incoming_phone_numbers.list, phone_number=number)
    assert (row.phone_number, row.capabilities["sms"], row.account_sid) == (number, sends, DEFAULT_ACCOUNT_SID)
    assert number in [each.phone_number for each in await twilio.call(twilio.client.incoming_phone_numbers.list)]


async def test_it_has_no_other_number(twilio: Library) -> None:
    assert await twilio.call(twilio.client.incoming_phone_numbers.list, phone_number="+14155550100") == []


async def test_a_wrong_token_sees_neither(simulator: Simulator) -> None:
    stranger = Library(simulator.url, token="wrong")
    with pytest.raises(TwilioRestException) as refused:
        await stranger.call(stranger.client.api.v2010.accounts(DEFAULT_ACCOUNT_SID).fetch)
    assert (refused.value.status, refused.value.code) == (401, 20003)
    with pytest.raises(TwilioException, match="HTTP 401"):
        await stranger.call(stranger.client.incoming_phone_numbers.list)
    stranger.close()
