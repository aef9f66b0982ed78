"""Normalises phone numbers from whatever people type or paste to E.164. Pure.

The SPA parses them in the same way: both are tested against tests/core/phone_number_cases.json.
"""

import re
import unicodedata
from collections.abc import Set
from urllib.parse import unquote

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumber, PhoneNumberFormat, ValidationResult

from mysms.core.blank import INVISIBLE, is_blank

_IN_COUNTRY = "for a number in {country}: for another country, begin with + and its code, as in +1 415 555 2671"

ERROR_MESSAGES = {
    "blank": "can't be blank",
    "letters": "has letters in it: write the number in digits",
    "unexpected_character": "has “{character}” in it, which is not part of a phone number",
    "extension": "has an extension, which an SMS cannot be sent to",
    "two_numbers": "is more than one number: write to one at a time",
    "misplaced_plus": "has a + that is not at its beginning",
    "zero_after_plus": "has a 0 after the +, where the country code belongs, as in +1 415 555 2671",
    "no_country": "must begin with + and the country code, as in +1 415 555 2671",
    "too_short": "is too short to be a phone number",
    "too_long": "is too long to be a phone number (maximum is 15 digits)",
    "too_short_in_country": f"is too short {_IN_COUNTRY}",
    "too_long_in_country": f"is too long {_IN_COUNTRY}",
    "wrong_length_in_country": f"has the wrong number of digits {_IN_COUNTRY}",
}
"""The errors of a number by stable code. Like all field errors, the messages have no subject."""

MINIMUM_DIGITS = 2
MAXIMUM_DIGITS = 15
"""ITU-T E.164, section 6."""
MAXIMUM_WRITTEN = 200
"""The most characters, formatting included, that are parsed at all."""
_WHOLE_NUMBER = 7
"""The fewest digits with which a part of the input counts as a number of its own."""

_SIMPLE = {
    **dict.fromkeys("+\u207a\u2795\ufb29\ufe62\uff0b", "+"),
    # Separators that occur within a number and between two.
    **dict.fromkeys("\t\n\v\f\r\x85\u2028\u2029/\u2215\uff0f", "|"),
    # Dots, minus signs, and the prolonged sound marks that Japanese keyboards give for dashes.
    **dict.fromkeys(".\u00b7\u2022\u2024\u2027\u2043\u2212\u2219\u22c5\u30fb\u30fc\ufe52\uff0e\uff65\uff70", "-"),
    # All dashes, brackets and spaces, by their Unicode category.
    "Pd": "-",
    "Ps": "(",
    "Pe": ")",
    "Zs": " ",
}
_EXTENSION = re.compile(r"(?:[,;]? ?ext(?:ension|n)?|x|#|,+|;)[ .:=-]*[0-9]{1,6}[#)]?$")
_COUNTRY_CODE = (
    "(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    "|(?:2[1-689]|3[578]|42|5[09]|6[789]|8[035789]|9[679])[0-9])"
)
"""The first digits determine the length of a country code (ITU-T E.164, Annex to Operational Bulletin 1114)."""
_TRUNK_PREFIX = re.compile(rf"\+[()]*{_COUNTRY_CODE}\)?(?:(?P<zero>\(0\))|\(?0|\([0-9]\))")
"""After the country code, a 0 or a single digit in brackets: most likely a prefix for domestic calls only."""

_OPTIONAL_MOBILE_DIGITS = (("+52", "1"), ("+54", "9"))
"""Mexico's and Argentina's mobile numbers are written with and without a digit after the country code.

https://en.wikipedia.org/wiki/Telephone_numbers_in_Mexico · https://en.wikipedia.org/wiki/Telephone_numbers_in_Argentina
"""


class PhoneNumberError(ValueError):
    """The text is not a phone number. `code` is a key of ERROR_MESSAGES; `message` says why, without a subject."""

    def __init__(self, code: str, **placeholders: str) -> None:
        self.code = code
        self.message = ERROR_MESSAGES[code].format(**placeholders)
        super().__init__(self.message)


def normalise(written: str, default_country: str | None = None) -> str:
    """Returns the number in E.164.

    `default_country` (ISO 3166 alpha-2) is the country whose numbers may be written in national format. Does not check
    whether the number exists. Raises PhoneNumberError.
    """
    if is_blank(written):
        raise PhoneNumberError("blank")
    if len(written) > MAXIMUM_WRITTEN:
        raise PhoneNumberError("too_long")
    simple = simplify(written)
    _require_one_number(simple)
    number = re.sub(r"[^0-9+()]", "", simple)
    if "+" in number:
        return _read_international(number)
    if not _digits(number):
        raise PhoneNumberError("too_short")
    if default_country is None:
        raise PhoneNumberError("no_country")
    return _read_as_dialled(number, default_country)


def simplify(written: str) -> str:
    """Converts digits, + and formatting characters to ASCII, and characters that may separate two numbers to "|"."""
    if link := re.match(rf"[{INVISIBLE}]*tel:", written, re.IGNORECASE):
        written = unquote(written[link.end() :])
    return "".join(map(_simple, written)).strip(" |").lower()


def is_country(code: str) -> bool:
    """Whether numbers of this country (ISO 3166 alpha-2) can be parsed in national format."""
    return code in phonenumbers.SUPPORTED_REGIONS


def spellings(number: str) -> Set[str]:
    """Returns the E.164 number, and other forms in which a provider may return it."""
    found = {number}
    try:
        # Removes a national trunk prefix: +44 0… is +44 ….
        parsed = phonenumbers.parse(number)
        found.add(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))
    except NumberParseException:
        pass
    for country, digit in _OPTIONAL_MOBILE_DIGITS:
        if number.startswith(country):
            rest = number.removeprefix(country)
            found.add(country + (rest.removeprefix(digit) if rest.startswith(digit) else digit + rest))
    return found


def canonical(number: str) -> str:
    """Returns the one of several spellings of a number that stands for all of them: a provider may rewrite numbers."""
    found, new = set[str](), {number}
    while new:
        found |= new
        new = {other for each in new for other in spellings(each)} - found
    return min(found, key=lambda each: (len(each), each))


def _simple(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    category = unicodedata.category(character)
    return _SIMPLE.get(character) or _SIMPLE.get(category) or ("" if is_blank(character) else character)


def _require_one_number(simple: str) -> None:
    extension = _EXTENSION.search(simple)
    before = simple[: extension.start()] if extension else ""
    if len(_digits(before)) >= _WHOLE_NUMBER and not re.search("[a-z,;#]", before):
        raise PhoneNumberError("extension")
    parts = [_digits(part) for part in re.split(r"[^0-9() -]", simple)]
    if sum(len(part) >= _WHOLE_NUMBER for part in parts) > 1 and len("".join(parts)) > MAXIMUM_DIGITS:
        raise PhoneNumberError("two_numbers")
    other = re.sub(r"[0-9+() |-]", "", simple)
    if any(unicodedata.category(character).startswith("L") for character in other):
        raise PhoneNumberError("letters")
    if other:
        # A lone surrogate, which JSON can carry, can be neither displayed nor encoded in a response.
        raise PhoneNumberError("unexpected_character", character=other[0] if other[0].isprintable() else "\ufffd")
    if not re.fullmatch(r"([^0-9+]*\+)?[^+]*", simple):
        raise PhoneNumberError("misplaced_plus")


def _read_international(number: str) -> str:
    """Reads a number that consists of one +, digits and brackets."""
    typed = "+" + _digits(number)
    number = number[number.index("+") :]
    trunk = _TRUNK_PREFIX.match(number) or _TRUNK_PREFIX.match(typed)
    if trunk is None:
        return _require_e164(typed)
    parsed = _parse(typed)
    if trunk["zero"] and not (parsed and phonenumbers.is_valid_number(parsed)):
        # In Italy and elsewhere the zero is part of the number; where it is not, people put it in brackets.
        typed = "+" + _digits(number[: trunk.start("zero")] + number[trunk.end("zero") :])
        parsed = _parse(typed)
    read = _e164(parsed) if parsed else typed
    # Repeats until nothing changes, so that normalising is idempotent.
    return _require_e164(read) if read == typed else _read_international(read)


def _read_as_dialled(number: str, country: str) -> str:
    """Reads a number in national format that consists of digits and brackets."""
    digits = _digits(number)
    metadata = PhoneMetadata.metadata_for_region(country)
    prefix = metadata.international_prefix if metadata else "00"
    if abroad := re.match(rf"(?:{prefix}|00)(?=[1-9])", digits):
        return _read_international("+" + re.sub(r"[()]*[0-9]", "", number, count=abroad.end()))
    parsed = _parse(digits, country)
    if parsed is None:
        raise _wrong_length("too_short" if len(digits) < MAXIMUM_DIGITS else "too_long", country)
    match phonenumbers.is_possible_number_with_reason(parsed):
        case ValidationResult.IS_POSSIBLE if len(_e164(parsed)) > 1 + MAXIMUM_DIGITS:
            # The numbering plans of a few countries allow more digits than E.164 does.
            raise _wrong_length("too_long", country)
        case ValidationResult.IS_POSSIBLE if not _keeps_doubtful_zero(parsed):
            return _e164(parsed)
        case ValidationResult.TOO_SHORT | ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            raise _wrong_length("too_short", country)
        case ValidationResult.TOO_LONG:
            raise _wrong_length("too_long", country)
        case _:
            raise _wrong_length("wrong_length", country)


def _require_e164(number: str) -> str:
    digits = number[1:]
    if digits.startswith("0"):
        raise PhoneNumberError("zero_after_plus")
    if len(digits) < MINIMUM_DIGITS:
        raise PhoneNumberError("too_short")
    if len(digits) > MAXIMUM_DIGITS:
        raise PhoneNumberError("too_long")
    return number


def _wrong_length(how: str, country: str) -> PhoneNumberError:
    calling_code = phonenumbers.country_code_for_region(country)
    return PhoneNumberError(f"{how}_in_country", country=f"{country} (+{calling_code})")


def _parse(number: str, country: str | None = None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(number, country)
    except NumberParseException:
        return None


def _keeps_doubtful_zero(number: PhoneNumber) -> bool:
    """Whether the number has a leading zero that is neither a trunk prefix nor known to be part of such numbers."""
    return bool(number.italian_leading_zero) and not phonenumbers.is_valid_number(number)


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)
