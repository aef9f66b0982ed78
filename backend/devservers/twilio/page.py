"""The page with a simulated phone, its special numbers and temper, and what passed between it and the app."""

from starlette.requests import Request
from starlette.responses import HTMLResponse

from devservers.local_page import HEADERS, document, masthead
from devservers.twilio.account import Account
from devservers.twilio.api import MessagesApi
from devservers.twilio.clock import Clock
from devservers.twilio.events import event_log
from devservers.twilio.fault_registry import FaultRegistry
from devservers.twilio.icons import SPRITE
from devservers.twilio.ledger import Ledger
from devservers.twilio.messages import Message
from devservers.twilio.outbound_media import MediaFetcher
from devservers.twilio.phone_view import handset, link, phone_list
from devservers.twilio.progress import Progress
from devservers.twilio.special_numbers import special_numbers
from devservers.twilio.temper import temper

MAX_MESSAGES = 100
"""How many messages the phone shows at a time."""
MAX_LISTED = 300
"""Of how many messages the list of phones has the numbers."""
MAX_EVENTS = 60


class Page:
    """GET / with these parameters, all optional.

    `phone`: the number whose phone is shown; without it, that of the newest message. `before` and `list_before` are
    SIDs: the phone and the list begin with the message before that one.
    """

    def __init__(
        self,
        account: Account,
        ledger: Ledger,
        registry: FaultRegistry,
        progress: Progress,
        api: MessagesApi,
        fetcher: MediaFetcher,
        clock: Clock,
    ) -> None:
        self._account, self._ledger, self._registry = account, ledger, registry
        self._progress, self._api, self._fetcher, self._clock = progress, api, fetcher, clock

    async def show(self, request: Request) -> HTMLResponse:
        query = request.query_params
        before, list_before = query.get("before", ""), query.get("list_before", "")
        listed = self._ledger.newest(MAX_LISTED + 1, before=list_before or None)
        phone = query.get("phone") or (listed[0].phone if listed else "")
        main = (
            masthead(
                "Simulated phone",
                f"{_accepted(self._ledger.count())}. No text leaves this machine, nothing is billed. Times are UTC.",
                state="Connected to the Twilio simulator",
                unreachable="Can't reach the simulator. Retrying…",
            )
            + self._handset(phone, before)
            + f'<div class="simulator__left">{self._phones(listed, phone, list_before)}'
            f"{temper(self._registry.active(), self._progress.pace)}{special_numbers()}</div>"
            + f'<section class="simulator__right" aria-labelledby="events"><h2 id="events">What your server saw</h2>'
            f"{self._events()}</section>"
        )
        page = document(
            "Simulated phone",
            main,
            stylesheet="/static/own/simulator.css",
            script="/static/own/simulator.js",
            body=f'<p class="toast" id="said" role="status"></p>{SPRITE}',
        )
        return HTMLResponse(page, headers=HEADERS)

    def _handset(self, phone: str, before: str) -> str:
        messages = self._ledger.newest(MAX_MESSAGES + 1, phone=phone, before=before or None)
        shown = messages[:MAX_MESSAGES]
        older = link(phone=phone, before=shown[-1].sid) if len(messages) > len(shown) else ""
        return handset(
            phone,
            self._account.from_number,
            [(message, self._ledger.media_of(message.sid)) for message in shown[::-1]],
            self._clock.now(),
            earlier=f'<a class="handset__more" href="{older}">Earlier messages</a>' if older else "",
            newest=f'<a class="handset__more" href="{link(phone=phone)}">Newest messages</a>' if before else "",
        )

    def _phones(self, listed: list[Message], phone: str, list_before: str) -> str:
        shown = listed[:MAX_LISTED]
        newest = {message.phone: message for message in reversed(shown)}
        phones = sorted(newest.values(), key=shown.index)
        more = link(phone=phone, list_before=shown[-1].sid) if len(listed) > len(shown) else ""
        return (
            '<section aria-labelledby="phones"><h2 id="phones">Phones</h2>'
            + (phone_list(phones, phone) if phones else '<p class="note">None has received a text yet.</p>')
            + (f'<p><a href="{link(phone=phone)}">Newest phones</a></p>' if list_before else "")
            + (f'<p><a href="{more}">Older phones</a></p>' if more else "")
            + "</section>"
        )

    def _events(self) -> str:
        log = event_log(self._api.requests(), self._ledger.callbacks(), self._fetcher.records(), MAX_EVENTS)
        return (
            f'{log}<p class="note">The newest {MAX_EVENTS}. All that is kept, as JSON: '
            '<a href="/_control/requests">requests</a>, <a href="/_control/callbacks">callbacks</a>, '
            '<a href="/_control/media_fetches">fetches of pictures</a>.</p>'
        )


def _accepted(count: int) -> str:
    return f"{count} message{'' if count == 1 else 's'} accepted"
