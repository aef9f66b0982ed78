"""The page that shows what each simulated phone received. Plain HTML: no inline style or script, nothing from afar."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from starlette.requests import Request
from starlette.responses import HTMLResponse

from devservers.twilio.account import Account
from devservers.twilio.clock import iso
from devservers.twilio.ledger import Ledger, Listing
from devservers.twilio.messages import Message, delivery_error
from devservers.twilio.personalities import PERSONALITIES
from devservers.twilio.plans import FAILURES
from devservers.twilio.switchboard import Switch, Switchboard

MESSAGES_SHOWN = 300
HUES = 8
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'"
TICKS = {"delivered": "✓✓", "read": "✓✓", "sent": "✓", "undelivered": "⚠", "failed": "⚠", "canceled": "⚠"}
FAILING_EXAMPLES = (30003, 30005, 30006, 30007, 30008)


class Page:
    def __init__(self, account: Account, ledger: Ledger, switchboard: Switchboard) -> None:
        self._account, self._ledger, self._switchboard = account, ledger, switchboard

    async def show(self, _request: Request) -> HTMLResponse:
        messages = self._ledger.page(Listing(), MESSAGES_SHOWN)
        html = _document(
            self._account, self._ledger.count(), _phones(messages), _faults(self._switchboard.switches()), _guide()
        )
        return HTMLResponse(html, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})


def _document(account: Account, count: int, phones: str, faults: str, guide: str) -> str:
    shown = f"{count} message{'' if count == 1 else 's'} accepted"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulated phones</title>
<link rel="icon" href="/static/icon.svg">
<link rel="stylesheet" href="/static/page.css">
<script src="/static/refresh.js" defer></script>
<noscript><meta http-equiv="refresh" content="3"></noscript>
</head>
<body>
<header>
<strong class="brand">SIMULATED PHONES</strong>
<span class="live"><i></i><span id="state">Twilio simulator, no SMS leaves this machine</span></span>
</header>
<main id="phones">
<section class="intro">
<h1>What the phones received</h1>
<p>{shown} from <b class="number">{escape(account.from_number)}</b>. Nobody is billed, nobody is disturbed.</p>
{faults}
</section>
{phones}
</main>
{guide}
</body>
</html>
"""


def _phones(messages: Sequence[Message]) -> str:
    """One card for each number; what came last comes first, among the cards and in each of them."""
    if not messages:
        return '<p class="empty">No phone has received anything yet. Send a message, and it shows up here.</p>'
    newest = {message.to_number: index for index, message in reversed(list(enumerate(messages)))}
    ordered = sorted(messages, key=lambda message: newest[message.to_number])
    cards = (_phone(number, group) for number, group in groupby(ordered, key=lambda message: message.to_number))
    return f'<div class="wall">{"".join(cards)}</div>'


def _phone(number: str, messages: Iterable[Message]) -> str:
    bubbles = "".join(_bubble(message) for message in messages)
    hue = sum(map(ord, number)) % HUES
    return (
        f'<article class="phone"><h2><span class="avatar hue{hue}" aria-hidden="true">{escape(number[-2:])}</span>'
        f'<span class="number">{escape(number)}</span></h2><ol>{bubbles}</ol></article>'
    )


def _bubble(message: Message) -> str:
    failed = message.status in FAILURES
    arrived = message.status in {"delivered", "read"}
    kind = "failed" if failed else "arrived" if arrived else "travelling"
    moment = iso(message.accepted_at)
    time = f'<time datetime="{moment}">{moment[11:19]} UTC</time>'
    why = ""
    if failed and message.error_code is not None:
        why = f'<p class="why">{escape(str(delivery_error(message.error_code)))} · {message.error_code}</p>'
    tick = f' <span aria-hidden="true">{TICKS.get(message.status, "…")}</span>'
    return (
        f'<li class="{kind}"><p class="bubble">{escape(message.body)}</p>{why}'
        f'<p class="meta">{time} · {escape(message.status)}{tick}</p></li>'
    )


def _faults(switches: Sequence[Switch]) -> str:
    rows = "".join(
        f"<li><code>{escape(switch.fault.kind)}</code> struck {switch.struck}"
        f"{'' if switch.fault.times is None else f' of {switch.fault.times}'}"
        f"{'' if switch.fault.to is None else f', only for {escape(switch.fault.to)}'}</li>"
        for switch in switches
    )
    return f'<div class="faults"><h2>Faults switched on</h2><ul>{rows}</ul></div>' if switches else ""


def _guide() -> str:
    numbers = [(number, about) for number, (about, _) in PERSONALITIES.items()]
    failing = [
        (f"+15005553{code - 30000:03}", f"fails: {escape(str(delivery_error(code))).lower()} ({code})")
        for code in FAILING_EXAMPLES
    ]
    rows = "".join(f'<dt class="number">{number}</dt><dd>{about}</dd>' for number, about in [*failing, *numbers])
    return (
        "<aside><details><summary>Numbers with a nature of their own</summary><p>Every other number receives: queued, "
        "sent, delivered. <b>+15005553</b> and the last three digits of an error code 30nnn fails with that code.</p>"
        f"<dl>{rows}</dl></details></aside>"
    )
