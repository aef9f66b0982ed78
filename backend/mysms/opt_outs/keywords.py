"""What an inbound message says about opting out. Pure.

The words are those on which Twilio acts by itself, and as there, they count as the whole message only: Twilio blocks
nothing after "please stop", and neither does this. https://www.twilio.com/docs/glossary/what-is-sms-opt-out
"""

from typing import Literal

Wish = Literal["opt_out", "opt_in", "assent"]
"""`assent` is a YES: Twilio takes it for an opt-in, but it may as well be the answer to a question. So it undoes what
the provider undoes by it too, and no opt-out by hand.
"""

_WISHES: dict[str, Wish] = {
    **dict.fromkeys(("stop", "unsubscribe", "end", "quit", "stopall", "revoke", "optout", "cancel"), "opt_out"),
    **dict.fromkeys(("start", "unstop"), "opt_in"),
    "yes": "assent",
}
_OF_PROVIDER: dict[str, Wish | None] = {"STOP": "opt_out", "START": "opt_in", "HELP": None}


def wish_of(content: str, opt_out_type: str | None) -> Wish | None:
    """Returns what a message wishes; None for any other message.

    If the provider says how it has taken the message (`OptOutType` of its webhook), that holds: its words can be
    configured. A type that is not known says nothing.
    """
    said, kind = _WISHES.get(content.strip().lower()), (opt_out_type or "").upper()
    if kind not in _OF_PROVIDER:
        return said
    taken_as = _OF_PROVIDER[kind]
    return said if (said, taken_as) == ("assent", "opt_in") else taken_as
