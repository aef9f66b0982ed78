"""The line that messages go out on."""

from itertools import combinations

from mysms.outbox.sender_identity import SenderIdentity, digest

LINE = SenderIdentity("AC1", "+15005550006", "")


def test_lines_differ_in_each_of_their_parts() -> None:
    lines = [
        LINE,
        SenderIdentity("AC2", "+15005550006", ""),
        SenderIdentity("AC1", "+15005550007", ""),
        SenderIdentity("AC1", "+15005550006", "x"),
    ]
    assert all(a.key != b.key for a, b in combinations(lines, 2))


def test_texts_differ_by_sender_receiver_and_content() -> None:
    keys = [LINE.dedup_key("+1", "a"), LINE.dedup_key("+1", "b"), LINE.dedup_key("+2", "a")]
    keys += [SenderIdentity("AC1", "+15005550007", "").dedup_key("+1", "a")]
    assert len(set(keys)) == 4
    assert LINE.dedup_key("+1", "a") == keys[0]


def test_a_digest_knows_where_its_parts_end() -> None:
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abc", ""), digest("1:a")}) == 5
