"""Phone numbers, from what people write or paste to the one spelling that is kept: E.164. Pure.

The SPA reads them in the same way: both are tested against tests/core/phone_number_cases.json.
"""

import re
import unicodedata
from urllib.parse import unquote

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumber, PhoneNumberFormat, ValidationResult

from mysms.core.blank import INVISIBLE, is_blank

_IN_COUNTRY = "for a number in {country}: for another country, begin with + and its code, as in +1 415 555 2671"

SENTENCES = {
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
"""What can be wrong with a number, by a stable code. Without a subject, as all sentences about fields."""

MINIMUM_DIGITS = 2
MAXIMUM_DIGITS = 15
"""ITU-T E.164, section 6."""
MAXIMUM_WRITTEN = 200
"""Characters, marks and all: what is longer is not looked into."""
_WHOLE_NUMBER = 7
"""From how many digits on a part of what was written counts as a number of its own."""

_SIMPLE = {
    **dict.fromkeys("+\u207a\u2795\ufb29\ufe62\uff0b", "+"),
    # What may stand within a number, and between two.
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
"""Its first digits tell how long a country code is (ITU-T E.164, Annex to Operational Bulletin 1114)."""
_TRUNK_PREFIX = re.compile(rf"\+[()]*{_COUNTRY_CODE}\)?(?:(?P<zero>\(0\))|\(?0|\([0-9]\))")
"""After the country code, a 0 or a single digit in brackets: most likely dialled at home alone."""


class PhoneNumberError(ValueError):
    """This is no phone number. `code` is one of SENTENCES; `sentence` says why, without a subject."""

    def __init__(self, code: str, **placeholders: str) -> None:
        self.code = code
        self.sentence = SENTENCES[code].format(**placeholders)
        super().__init__(self.sentence)


def normalise(written: str, default_country: str | None = None) -> str:
    """The number in E.164.

    `default_country` (ISO 3166 alpha-2) is the country whose numbers may be written as they are dialled there. Whether
    a number exists is not judged. Raises PhoneNumberError.
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
    """In ASCII what stands for digits, + and what people put around them; "|" for what may part two numbers."""
    if link := re.match(rf"[{INVISIBLE}]*tel:", written, re.IGNORECASE):
        written = unquote(written[link.end() :])
    return "".join(map(_simple, written)).strip(" |").lower()


def is_country(code: str) -> bool:
    """Whether numbers of this country (ISO 3166 alpha-2) can be understood as they are dialled there."""
    return code in phonenumbers.SUPPORTED_REGIONS


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
        # Half a surrogate pair, which JSON can carry, cannot be shown, nor answered with.
        raise PhoneNumberError("unexpected_character", character=other[0] if other[0].isprintable() else "\ufffd")
    if not re.fullmatch(r"([^0-9+]*\+)?[^+]*", simple):
        raise PhoneNumberError("misplaced_plus")


def _read_international(number: str) -> str:
    """`number` is made of one +, digits and brackets."""
    typed = "+" + _digits(number)
    number = number[number.index("+") :]
    trunk = _TRUNK_PREFIX.match(number) or _TRUNK_PREFIX.match(typed)
    if trunk is None:
        return _require_e164(typed)
    parsed = _parse(typed)
    if trunk["zero"] and not (parsed and phonenumbers.is_valid_number(parsed)):
        # In Italy and elsewhere the zero is part of the number; where it is not, brackets say so.
        typed = "+" + _digits(number[: trunk.start("zero")] + number[trunk.end("zero") :])
        parsed = _parse(typed)
    read = _e164(parsed) if parsed else typed
    # Until nothing changes: the one spelling of a number is its own one spelling.
    return _require_e164(read) if read == typed else _read_international(read)


def _read_as_dialled(number: str, country: str) -> str:
    """`number` is made of digits and brackets."""
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
            # The rules of a few countries allow for more than E.164 does.
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
    """Whether a zero before it was neither a trunk prefix nor is known to be a part of such numbers."""
    return bool(number.italian_leading_zero) and not phonenumbers.is_valid_number(number)


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)
