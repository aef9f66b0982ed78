"""The part of the page that explains the numbers with built-in faults. Pure."""

from collections.abc import Iterable
from html import escape

from devservers.twilio.errors import REQUEST_ERRORS
from devservers.twilio.icons import icon
from devservers.twilio.magic_numbers import MAGIC_NUMBERS
from devservers.twilio.messages import MAGIC_TO, delivery_error
from devservers.twilio.phone_view import link

ORDINARY_EXAMPLE = "+14155552671"
FAILING_EXAMPLES = (30003, 30005, 30006, 30007, 30008)
_GLYPHS = {"+15005551003": "checks", "+15005551006": "twice", "+15005551007": "ban"}


def special_numbers() -> str:
    receiving = [(ORDINARY_EXAMPLE, "receives its texts, as every other number does", "signal")]
    receiving += [(number, text, _GLYPHS.get(number, "clock")) for number, (text, _) in MAGIC_NUMBERS.items()]
    failing = [
        (f"+15005553{code - 30000:03}", f"{str(delivery_error(code)).lower()} ({code})", "lost")
        for code in FAILING_EXAMPLES
    ]
    refused = [(number, f"{REQUEST_ERRORS[code][1]} ({code})", "ban") for number, code in MAGIC_TO.items()]
    return (
        '<section aria-labelledby="special"><h2 id="special">Special numbers</h2>'
        '<p class="note">Send a text to one of them to see what the app makes of it. Every other number receives its '
        "texts: queued, sent, delivered.</p>"
        f"{_group('In their own way', receiving, is_open=True)}"
        f"{_group('Not delivered', failing)}"
        '<p class="note"><b>+15005553nnn</b> fails with the error code 30nnn.</p>'
        f"{_group('Refused at once', refused, has_phone=False)}</section>"
    )


def _group(
    title: str, numbers: Iterable[tuple[str, str, str]], *, is_open: bool = False, has_phone: bool = True
) -> str:
    rows = "".join(
        f'<li class="behaviour"><span class="behaviour__glyph">{icon(glyph)}</span>'
        f'<span class="behaviour__name">{escape(text[0].upper() + text[1:])}'
        f'<span class="behaviour__sub number">{_number(number, has_phone=has_phone)}</span></span>'
        f'<button class="icon-button" type="button" data-copy="{number}" aria-label="Copy {number}">'
        f"{icon('copy')}</button></li>"
        for number, text, glyph in numbers
    )
    return (
        f'<details class="group"{" open" if is_open else ""}><summary>{title}</summary>'
        f'<ul class="behaviours">{rows}</ul></details>'
    )


def _number(number: str, *, has_phone: bool) -> str:
    return f'<a href="{link(phone=number)}">{number}</a>' if has_phone else number
