"""What an inbound message says about opting out. Pure.

The words are those on which Twilio acts by itself, and as there, they count as the whole message only: Twilio blocks
nothing after "please stop", and neither does this. https://www.twilio.com/docs/glossary/what-is-sms-opt-out
"""

from typing import Literal

Wish = Literal["opt_out", "opt_in", "assent"]
"""`assent` is a YES: Twilio takes it for an opt-in, but it may as well be the answer to a question. So it undoes what
the provider has undone by it too, and no opt-out by hand.
"""

_WISHES: dict[str, Wish] = {
    **dict.fromkeys(("stop", "unsubscribe", "end", "quit", "stopall", "revoke", "optout", "cancel"), "opt_out"),
    **dict.fromkeys(("start", "unstop"), "opt_in"),
    "yes": "assent",
}
_OF_PROVIDER: dict[str, Wish] = {"STOP": "opt_out", "START": "opt_in"}


def wish_of(content: str, opt_out_type: str | None) -> Wish | None:
    """Returns what a message wishes; None for any other message.

    If the provider says how it has taken the message (`OptOutType` of its webhook), that holds: its words can be
    configured.
    """
    if opt_out_type:
        return _OF_PROVIDER.get(opt_out_type.upper())
    return _WISHES.get(content.strip().lower())
