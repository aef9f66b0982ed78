"""The part of the page that switches faults on, through the control endpoint. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from devservers.twilio.fault import Fault
from devservers.twilio.fault_registry import ActiveFault
from devservers.twilio.faults import (
    ConflictingFinals,
    DelayCallbacks,
    DropCallbacks,
    DuplicateCallbacks,
    EarlyCallbacks,
    ForceStatus,
    ListLag,
    ReorderCallbacks,
)
from devservers.twilio.icons import icon
from devservers.twilio.readable import readable
from devservers.twilio.request_faults import (
    LateCommit,
    Lose201,
    RateLimited,
    ResetConnection,
    Unauthorized,
    Unavailable,
)


@dataclass(frozen=True)
class Temper:
    name: str
    explanation: str
    glyph: str
    fault: Fault


TEMPERS = (
    Temper("Slow", "accepts each text only after ten seconds", "turtle", LateCommit(seconds=10)),
    Temper("Too many requests", "refuses every text (429)", "ban", RateLimited()),
    Temper("Unavailable", "refuses every text (503)", "ban", Unavailable()),
    Temper("Wrong credentials", "refuses every request (401)", "ban", Unauthorized()),
    Temper("Connection lost", "closes the connection and accepts nothing", "lost", ResetConnection()),
    Temper("Response lost", "accepts a text, then closes the connection without a response", "lost", Lose201()),
    Temper(
        "Phones out of range", "delivers no text (30003)", "lost", ForceStatus(status="undelivered", error_code=30003)
    ),
    Temper("No status reports", "delivers, but reports nothing: the app must ask", "ban", DropCallbacks()),
    Temper("Late status reports", "reports everything ten seconds late", "clock", DelayCallbacks(seconds=10)),
    Temper(
        "Early status reports",
        "reports the final status before it has responded",
        "bolt",
        EarlyCallbacks(until="final"),
    ),
    Temper("Repeated status reports", "reports everything twice", "twice", DuplicateCallbacks()),
    Temper("Status reports in the wrong order", "reports the final status first", "twice", ReorderCallbacks()),
    Temper("Contradicting status reports", "reports delivered, then undelivered", "twice", ConflictingFinals()),
    Temper("Outdated list", "its list of messages is thirty seconds old", "clock", ListLag(seconds=30)),
)
_PACES = {0: "None", 1: "Ordinary", 10: "Ten times"}


def temper(active: Sequence[ActiveFault], pace: float) -> str:
    """One temper at a time: pressing another one takes the place of all active faults."""
    on = [each.fault for each in active if not each.is_exhausted]
    calm = _row("Normal", "answers every request, delivers every text", "check", "", is_on=not on)
    rows = "".join(_row(t.name, t.explanation, t.glyph, _command(t.fault), is_on=t.fault in on) for t in TEMPERS)
    paces = "".join(
        f'<button class="segment" type="button" data-pace="{value}" '
        f'aria-pressed="{str(value == pace).lower()}">{name}</button>'
        for value, name in _PACES.items()
    )
    return (
        '<section aria-labelledby="temper"><h2 id="temper">Behavior</h2>'
        '<p class="note">How the simulated Twilio treats the app, until it is normal again or restarted.</p>'
        f"{_active(active)}"
        f'<details class="group" id="tempers"><summary>Choose a behavior</summary>'
        f'<ul class="behaviours">{calm}{rows}</ul></details>'
        f'<div class="paces" role="group" aria-label="Delay of deliveries"><span class="paces__label">Delay</span>'
        f'<span class="segments">{paces}</span></div></section>'
    )


def _row(name: str, explanation: str, glyph: str, command: str, *, is_on: bool) -> str:
    mark = icon("check") if is_on else ""
    return (
        f'<li><button class="behaviour behaviour--button" type="button" data-fault="{escape(command)}" '
        f'aria-pressed="{str(is_on).lower()}"><span class="behaviour__glyph">{icon(glyph)}</span>'
        f'<span class="behaviour__name">{name}<span class="behaviour__sub">{explanation}</span></span>{mark}'
        "</button></li>"
    )


def _command(fault: Fault) -> str:
    return json.dumps({"kind": fault.kind, **fault.model_dump(exclude_defaults=True)})


def _active(active: Sequence[ActiveFault]) -> str:
    if not active:
        return ""
    names = {each.fault: f"<b>{each.name}</b> " for each in TEMPERS}
    rows = "".join(
        f"<li>{names.get(each.fault, '')}<code>{escape(each.fault.kind)}</code>"
        f" applied {each.hits}{'' if each.fault.times is None else f' of {each.fault.times}'} times"
        f"{'' if each.fault.to is None else f', only for {escape(readable(each.fault.to))}'}</li>"
        for each in active
    )
    return f'<div class="faults" id="faults">{icon("warning")}<ul>{rows}</ul></div>'
