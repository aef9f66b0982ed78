"""The provider account and number that messages are sent from."""

from itertools import combinations

from mysms.outbox.sender_identity import SenderIdentity, digest

SENDER = SenderIdentity("AC1", "+15005550006", "")


def test_senders_differ_in_each_of_their_parts() -> None:
    senders = [
        SENDER,
        SenderIdentity("AC2", "+15005550006", ""),
        SenderIdentity("AC1", "+15005550007", ""),
        SenderIdentity("AC1", "+15005550006", "x"),
    ]
    assert all(a.key != b.key for a, b in combinations(senders, 2))


def test_dedup_keys_differ_by_sender_recipient_and_content() -> None:
    keys = [SENDER.dedup_key("+1", "a"), SENDER.dedup_key("+1", "b"), SENDER.dedup_key("+2", "a")]
    keys += [SenderIdentity("AC1", "+15005550007", "").dedup_key("+1", "a")]
    assert len(set(keys)) == 4
    assert SENDER.dedup_key("+1", "a") == keys[0]


def test_a_digest_depends_on_the_boundaries_of_its_parts() -> None:
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abc", ""), digest("1:a")}) == 5
