"""Only the provider's own addresses name a medium, and only its own hosts are followed."""

import pytest

from mysms.providers.media_addresses import MediaAddresses

ACCOUNT = "AC00112233445566778899aabbccddeeff"
MESSAGE = "MM" + "0" * 32
SID = "ME" + "a" * 32
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{MESSAGE}/Media/{SID}"
TWILIO = MediaAddresses(ACCOUNT, "")
SIMULATED = MediaAddresses(ACCOUNT, "http://127.0.0.1:8001")


@pytest.mark.parametrize(
    "origin", ["https://api.twilio.com", "https://api.dublin.ie1.twilio.com", "https://twilio.com"]
)
def test_an_address_at_twilio_has_the_sid(origin: str) -> None:
    assert TWILIO.find_sid(origin + PATH, MESSAGE) == SID
    assert TWILIO.of(MESSAGE, SID) == f"https://api.twilio.com{PATH}"


@pytest.mark.parametrize(
    "address",
    [
        "",
        PATH,
        f"http://api.twilio.com{PATH}",
        f"https://api.twilio.com:8443{PATH}",
        f"https://api.twilio.com.example.com{PATH}",
        f"https://eviltwilio.com{PATH}",
        f"https://example.com{PATH}",
        f"https://api.twilio.com@example.com{PATH}",
        f"https://example.com\\@api.twilio.com{PATH}",
        f"https://user:password@api.twilio.com{PATH}",
        f"https://media.twiliocdn.com{PATH}",
        f"http://127.0.0.1:8001{PATH}",
        f"http://169.254.169.254{PATH}",
        f"file://api.twilio.com{PATH}",
        f"https://[api.twilio.com{PATH}",
        f"https://api.twilio.com:x{PATH}",
        f"https://api.twilio.com/{SID}",
        f"https://api.twilio.com{PATH}/../{SID}",
        f"https://api.twilio.com{PATH.replace(ACCOUNT, 'AC' + 'f' * 32)}",
        f"https://api.twilio.com{PATH.replace(MESSAGE, 'MM' + '1' * 32)}",
        f"https://api.twilio.com{PATH.replace(SID, 'ME..%2f')}",
    ],
)
def test_any_other_address_has_none(address: str) -> None:
    assert TWILIO.find_sid(address, MESSAGE) is None


def test_a_simulator_may_be_at_any_address_of_this_machine() -> None:
    for origin in ("http://127.0.0.1:8001", "http://localhost:9999"):
        assert SIMULATED.find_sid(origin + PATH, MESSAGE) == SID
        assert SIMULATED.may_lead_to(f"{origin}/content")
    assert SIMULATED.of(MESSAGE, SID) == f"http://127.0.0.1:8001{PATH}"
    assert SIMULATED.find_sid(f"http://192.168.0.7:8001{PATH}", MESSAGE) is None


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("https://mms.twiliocdn.com/AC/x?Signature=1", True),
        ("https://media.twiliocdn.com/x", True),
        ("https://api.twilio.com/x", True),
        ("http://mms.twiliocdn.com/x", False),
        ("https://twiliocdn.com.example.com/x", False),
        ("https://nottwiliocdn.com/x", False),
        ("https://127.0.0.1/x", False),
        ("http://localhost:27017/", False),
        ("ftp://mms.twiliocdn.com/x", False),
        ("https://mms.twiliocdn.com@example.com/x", False),
    ],
)
def test_a_redirect_leads_to_twilio_alone(address: str, may: bool) -> None:
    assert TWILIO.may_lead_to(address) is may
