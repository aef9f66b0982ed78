"""The page with the simulated phones. Plain HTML without inline styles, inline scripts or external resources."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from starlette.requests import Request
from starlette.responses import HTMLResponse

from devservers.twilio.account import Account
from devservers.twilio.clock import iso
from devservers.twilio.delivery_scenarios import FAILURES
from devservers.twilio.fault_registry import ActiveFault, FaultRegistry
from devservers.twilio.ledger import Ledger, ListQuery
from devservers.twilio.magic_numbers import MAGIC_NUMBERS
from devservers.twilio.messages import Message, delivery_error

MAX_MESSAGES = 300
HUES = 8
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
TICKS = {"delivered": "✓✓", "read": "✓✓", "sent": "✓", "undelivered": "⚠", "failed": "⚠", "canceled": "⚠"}
FAILING_EXAMPLES = (30003, 30005, 30006, 30007, 30008)


class Page:
    def __init__(self, account: Account, ledger: Ledger, registry: FaultRegistry) -> None:
        self._account, self._ledger, self._registry = account, ledger, registry

    async def show(self, _request: Request) -> HTMLResponse:
        messages = self._ledger.page(ListQuery(), MAX_MESSAGES)
        html = _document(
            self._account, self._ledger.count(), _phones(messages), _faults(self._registry.active()), _guide()
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
<span class="live"><i></i><span id="state">Twilio simulator: no real SMS is sent</span></span>
</header>
<main id="phones">
<section class="intro">
<h1>Received messages</h1>
<p>{shown} from <b class="number">{escape(account.from_number)}</b>. No real SMS is sent, and nothing is billed.</p>
{faults}
</section>
{phones}
</main>
{guide}
</body>
</html>
"""


def _phones(messages: Sequence[Message]) -> str:
    """One card for each number. Cards, and the messages in each of them, are sorted newest first."""
    if not messages:
        return '<p class="empty">No messages yet. A message that you send appears here.</p>'
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
    delivered = message.status in {"delivered", "read"}
    kind = "failed" if failed else "delivered" if delivered else "pending"
    moment = iso(message.accepted_at)
    time = f'<time datetime="{moment}">{moment[11:19]} UTC</time>'
    error = ""
    if failed and message.error_code is not None:
        error = f'<p class="error">{escape(str(delivery_error(message.error_code)))} · {message.error_code}</p>'
    tick = f' <span aria-hidden="true">{TICKS.get(message.status, "…")}</span>'
    return (
        f'<li class="{kind}"><p class="bubble">{escape(message.body)}</p>{error}'
        f'<p class="meta">{time} · {escape(message.status)}{tick}</p></li>'
    )


def _faults(faults: Sequence[ActiveFault]) -> str:
    rows = "".join(
        f"<li><code>{escape(active.fault.kind)}</code> applied {active.hits}"
        f"{'' if active.fault.times is None else f' of {active.fault.times}'} times"
        f"{'' if active.fault.to is None else f', only for {escape(active.fault.to)}'}</li>"
        for active in faults
    )
    return f'<div class="faults"><h2>Active faults</h2><ul>{rows}</ul></div>' if faults else ""


def _guide() -> str:
    numbers = [(number, text) for number, (text, _) in MAGIC_NUMBERS.items()]
    failing = [
        (f"+15005553{code - 30000:03}", f"fails: {escape(str(delivery_error(code))).lower()} ({code})")
        for code in FAILING_EXAMPLES
    ]
    rows = "".join(
        f'<dt class="number">{number}</dt><dd>{description}</dd>' for number, description in [*failing, *numbers]
    )
    return (
        "<aside><details><summary>Special numbers</summary><p>Every other number receives its messages: queued, sent, "
        "delivered. <b>+15005553nnn</b> fails with the error code 30nnn.</p>"
        f"<dl>{rows}</dl></details></aside>"
    )
