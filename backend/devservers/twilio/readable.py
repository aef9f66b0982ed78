"""Phone numbers as people read them. Pure."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat


def readable(number: str) -> str:
    """Returns a number with its digits in groups, such as +1 415 555 2671, and any other sender as it is."""
    if not number.startswith("+"):
        return number
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return number
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL).replace("-", " ")
