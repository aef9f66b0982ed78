"""The part of the page that explains the numbers with built-in faults. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from devservers.twilio.icons import icon
from devservers.twilio.magic_numbers import MAGIC_NUMBERS
from devservers.twilio.messages import MAGIC_TO
from devservers.twilio.phone_view import link
from devservers.twilio.readable import readable

ORDINARY_EXAMPLE = "+14155552671"
_GLYPHS = {"+15005551003": "checks", "+15005551006": "twice", "+15005551007": "ban"}
_NOT_DELIVERED = {
    30003: "Switched off or out of reach",
    30005: "Does not exist",
    30006: "Is a landline",
    30007: "Filtered as spam",
    30008: "Fails for an unknown reason",
}
_REFUSED = {
    21211: "Is no phone number",
    21408: "In a country that is not allowed",
    21610: "Has opted out",
    21612: "Cannot be reached from the sender",
    21614: "Is no mobile number",
}
_ANY_ERROR = '<p class="note"><b>+1 500 555 3nnn</b> fails with the code 30nnn.</p>'


@dataclass(frozen=True)
class _SpecialNumber:
    number: str
    name: str
    explanation: str
    glyph: str


def special_numbers() -> str:
    receiving = [_SpecialNumber(ORDINARY_EXAMPLE, "Receives", "as every other number does", "signal")]
    for number, (text, _) in MAGIC_NUMBERS.items():
        name, _, explanation = text.partition(": ")
        receiving.append(_SpecialNumber(number, name.capitalize(), explanation, _GLYPHS.get(number, "clock")))
    failing = [
        _SpecialNumber(f"+15005553{code - 30000:03}", name, f"code {code}", "lost")
        for code, name in _NOT_DELIVERED.items()
    ]
    refused = [_SpecialNumber(number, _REFUSED[code], f"code {code}", "ban") for number, code in MAGIC_TO.items()]
    return (
        '<section aria-labelledby="special"><h2 id="special">Special numbers</h2>'
        '<p class="note">Send a text to one of them to see what the app makes of it. Every other number receives its '
        "texts: queued, sent, delivered.</p>"
        f"{_group('In their own way', receiving, is_open=True)}"
        f"{_group('Not delivered', failing, note=_ANY_ERROR)}"
        f"{_group('Refused at once', refused, has_phone=False)}</section>"
    )


def _group(
    title: str, numbers: Iterable[_SpecialNumber], *, is_open: bool = False, has_phone: bool = True, note: str = ""
) -> str:
    rows = "".join(
        f'<li class="behaviour"><span class="behaviour__glyph">{icon(each.glyph)}</span>'
        f'<span class="behaviour__name">{escape(each.name)}<span class="behaviour__sub">'
        f'<span class="number">{_number(each.number, has_phone=has_phone)}</span> · '
        f"{escape(each.explanation)}</span></span>"
        f'<button class="icon-button" type="button" data-copy="{each.number}" aria-label="Copy {each.number}">'
        f"{icon('copy')}</button></li>"
        for each in numbers
    )
    return (
        f'<details class="group"{" open" if is_open else ""}><summary>{title}</summary>'
        f'<ul class="behaviours">{rows}</ul>{note}</details>'
    )


def _number(number: str, *, has_phone: bool) -> str:
    return f'<a href="{link(phone=number)}">{readable(number)}</a>' if has_phone else readable(number)
