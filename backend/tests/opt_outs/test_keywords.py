"""Which messages say something about opting out."""

import pytest

from mysms.opt_outs.keywords import Wish, wish_of

OPT_OUT = ("STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL")


@pytest.mark.parametrize("word", OPT_OUT)
@pytest.mark.parametrize("form", ["{}", " {}\n", "\u00a0{}\t"])
def test_the_eight_words_opt_out(word: str, form: str) -> None:
    for spelled in (word, word.lower(), word.capitalize(), word.swapcase()):
        assert wish_of(form.format(spelled), None) == "opt_out"


@pytest.mark.parametrize(("word", "wish"), [("START", "opt_in"), ("unstop", "opt_in"), ("Yes", "assent")])
def test_the_words_that_undo_it(word: str, wish: Wish) -> None:
    assert wish_of(f" {word} ", None) == wish


@pytest.mark.parametrize(
    "text",
    ["", "opt out", "OPT-OUT", "stop.", "STOP!", "please stop", "STOP texting me", "stopp", "S T O P", "HELP", "Yes!"],
)
def test_other_messages_say_nothing(text: str) -> None:
    assert wish_of(text, None) is None


@pytest.mark.parametrize(
    ("text", "opt_out_type", "wish"),
    [
        ("ARRET", "STOP", "opt_out"),
        ("STOP", "START", "opt_in"),
        ("yes", "START", "assent"),
        ("yes", "STOP", "opt_out"),
        ("start", "stop", "opt_out"),
        ("STOP", "HELP", None),
        ("STOP", "UNKNOWN", "opt_out"),
        ("Hello", "UNKNOWN", None),
        ("STOP", "", "opt_out"),
    ],
)
def test_what_the_provider_says_holds(text: str, opt_out_type: str, wish: Wish | None) -> None:
    assert wish_of(text, opt_out_type) == wish
