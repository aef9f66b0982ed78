"""The forms that a stored number of a conversation has: also those of senders without a phone number. Pure."""

import re

from mysms.core.blank import INVISIBLE

_E164 = r"\+[1-9][0-9]{1,14}"
_SHORT_CODE = "[0-9]{3,6}"
_NAME = rf"(?=.{{0,10}}[^\W\d_])[^\W_](?:[^{INVISIBLE}]| ){{0,10}}"
_OTHER_CHANNEL = "(?!tel:)[a-z]{2,20}:[!-~]{1,179}"
"""Such as `whatsapp:+14155552671`."""
_PEER_NUMBER = re.compile("|".join((_E164, _SHORT_CODE, _NAME, _OTHER_CHANNEL)))
"""https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id · https://www.twilio.com/docs/messaging/channels"""


def is_peer_number(text: str) -> bool:
    """Whether it may be stored as the number of a conversation, and asked for as it is."""
    return _PEER_NUMBER.fullmatch(text) is not None
