"""Files of contacts as other programs write them."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mysms.contacts.csv_export import COLUMNS, row_of
from mysms.contacts.errors import FileTooLongError, UnreadableFileError
from mysms.contacts.import_files import MAXIMUM_COLUMNS, MAXIMUM_ROWS, ContactFile, Draft, Field, read_file
from mysms.contacts.imports import REASON, Item, check, merge, outcome_of, rejected_rows
from mysms.contacts.labels import LABEL_SEPARATORS
from mysms.contacts.schemas import ContactFields, contact_fields
from mysms.core.blank import is_blank
from mysms.core.csv_files import to_csv
from mysms.core.timestamps import utc_now

ADA = "+14155552671"
BOB = "+14155552672"


def read(file: str | bytes, columns: list[Field] | None = None) -> ContactFile:
    return read_file(file.encode() if isinstance(file, str) else file, columns, "US")


def items_of(file: str | bytes, columns: list[Field] | None = None) -> list[Item]:
    return check(read(file, columns).drafts, "US")


def found(file: str | bytes, columns: list[Field] | None = None) -> list[tuple[str, str]]:
    """Number and name of each contact that is not rejected."""
    return [(item.number, item.fields["name"]) for item in items_of(file, columns) if item.fields]


def only(file: str | bytes) -> Draft:
    (draft,) = read(file).drafts
    return draft


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_a_table_is_read_however_it_is_separated_and_encoded(separator: str, line_end: str, encoding: str) -> None:
    rows = [["Name", "Phone", "Notes"], ["Zoë", ADA, '"Two\nlines", she said'], ["", "", ""], ["Bob", BOB, ""]]
    written = line_end.join(
        separator.join('"' + cell.replace('"', '""') + '"' if cell else "" for cell in row) for row in rows
    )
    drafts = read(written.encode(encoding)).drafts
    assert [(draft.row, draft.name, draft.numbers, draft.note) for draft in drafts] == [
        (2, "Zoë", (ADA,), '"Two\nlines", she said'),
        (4, "Bob", (BOB,), ""),
    ]


@pytest.mark.parametrize(
    "header",
    [
        "Name,Phone",
        "full name,MOBILE",
        "First Name,Tel.",
        "Vorname,Telefonnummer",
        "Prénom,Téléphone",
        "Given Name,Phone 1 - Value",
        "Company,Business Phone",
        " name , phone_number ",
        "consent by somebody,who knows",
    ],
)
def test_columns_are_recognised_by_their_names_or_what_is_in_them(header: str) -> None:
    named = header != "consent by somebody,who knows"
    assert found(f"{header}\r\nAda,{ADA}\r\nBob,{BOB}") == ([(ADA, "Ada"), (BOB, "Bob")] if named else [])
    assert [column.field for column in read(f"{header}\r\nAda,{ADA}").columns][1] == "number"


def test_a_table_without_a_header_begins_with_its_first_row() -> None:
    file = f"Ada,{ADA}\nBob,{BOB}\n"
    assert [column.name for column in read(file).columns] == ["Column 1", "Column 2"]
    assert found(file, ["name", "number"]) == [(ADA, "Ada"), (BOB, "Bob")]


def test_googles_export_has_several_numbers_in_cells_and_labels() -> None:
    draft = only(
        "First Name,Middle Name,Last Name,Organization Name,Notes,Labels,Phone 1 - Label,Phone 1 - Value,"
        "Phone 2 - Label,Phone 2 - Value,Phone 3 - Value\r\n"
        f"Ada,King,Lovelace,Analytical,N,* myContacts ::: Friends ::: * Family,"
        f"Mobile,{ADA} ::: {BOB},Home,+49 30 1,\r\n"
    )
    assert (draft.name, draft.numbers) == ("Ada King Lovelace", (ADA, BOB, "+49 30 1"))
    assert (draft.note, draft.labels) == ("N", ("Friends", "Family"))


@pytest.mark.parametrize(
    ("header", "cell", "labels"),
    [
        ("Labels,Phone 1 - Value", "* VIP", ("VIP",)),
        ("Group Membership,Phone 2 - Value", "* starred", ()),
        ("Labels,Phone", "* myContacts ::: * VIP", ("VIP",)),
        ("Labels,Phone", "* VIP;*;* starred", ("* VIP", "*", "* starred")),
    ],
)
def test_only_googles_export_marks_labels_with_an_asterisk(header: str, cell: str, labels: tuple[str, ...]) -> None:
    assert only(f"Name,{header}\r\nAda,{cell},{ADA}").labels == labels


def test_outlooks_export_has_names_in_parts_and_categories() -> None:
    draft = only(
        '"First Name","Last Name","Company","Business Fax","Business Phone","Mobile Phone","Notes","Categories"\r\n'
        '"","","Analytical Engines","(415) 555-0000","","(415) 555-2671","","customer;vip"\r\n'
    )
    assert (draft.name, draft.numbers, draft.labels) == ("Analytical Engines", ("(415) 555-2671",), ("customer", "vip"))


def test_a_comma_ends_a_label_as_in_the_app() -> None:
    assert only(f'Name,Phone,Labels\r\nAda,{ADA},"Kunden, VIP,"').labels == ("Kunden", "VIP")


@pytest.mark.parametrize("written", ["4.17912E+10", "4,17912E+10", "4.17912e+010", "4.17912E10", "4E+10", "+4,1E+10"])
def test_a_number_that_a_spreadsheet_has_rounded_is_rejected_with_the_remedy(written: str) -> None:
    (item,) = items_of(f'Name,Phone\r\nAda,"{written}"')
    said = "Number has been rounded by a spreadsheet: format its column as text there, and export it again"
    assert (item.fields, item.reason) == (None, said)


@pytest.mark.parametrize("written", ["{}.0", "{},0", "{}.00", " {}.0 ", "+{}.0", "+{},00", "+{}.000", "\u200e+{}.0"])
def test_a_number_that_a_program_has_taken_for_an_amount_is_read_without_its_fraction(written: str) -> None:
    cell = written.format(ADA.removeprefix("+"))
    assert found(f'Name,Phone\nAda,"{cell}"') == [(ADA, "Ada")]
    assert found(f'Name,Phone\nAda,"Home ::: {cell}"') == [(ADA, "Ada")]
    # Also where the first row is no header.
    assert found(f'Ada,"{cell}"', ["name", "number"]) == [(ADA, "Ada")]
    assert only(f'Name,Phone\nAda,"{cell}"').cells[1].strip() == cell.strip()


@pytest.mark.parametrize("written", ["415.555.2671", "(415) 5552671", "415 555 267.1", "415555267.1", "41555526.71"])
def test_points_within_a_number_are_no_fraction(written: str) -> None:
    assert found(f"Name,Phone\nAda,{written}") == [(ADA, "Ada")]


@pytest.mark.parametrize("written", ["13.000", "0800.000", "041,000"])
def test_the_zeros_of_a_short_number_are_a_part_of_it(written: str) -> None:
    assert only(f'Name,Phone\nAda,"{written}"').numbers == (written,)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+1 415 555 267.00", "+1415555267"),
        ("+33 1.42.68.53.00", "+33142685300"),
        ("+47 815 48.000", "+4781548000"),
        ("+49 30 123.000", "+4930123000"),
        ("+49 800 123.000", "+49800123000"),
        ("+61 1800 555.000", "+611800555000"),
        ("+41 44 123.00", "+414412300"),
    ],
)
def test_an_amount_may_have_groups_of_thousands_and_other_numbers_end_in_zeros_too(written: str, number: str) -> None:
    assert found(f"Name,Phone\nAda,{written}") == [(number, "Ada")]


def test_a_file_has_a_limit_of_numbers_in_all() -> None:
    numbers = ":::".join(f"+1415555{last:04}" for last in range(20))
    assert sum(len(draft.numbers) for draft in read("Name,Phone\n" + f"Ada,{numbers}\n" * 2_000).drafts) == 40_000
    with pytest.raises(FileTooLongError, match="more than 40,000 numbers"):
        read("Name,Phone\n" + f"Ada,{numbers}\n" * 2_001)


@pytest.mark.parametrize("written", ["312345.00", "312345,0"])
def test_a_short_number_is_an_amount_with_one_or_two_zeros(written: str) -> None:
    assert only(f'Name,Phone\nAda,"{written}"').numbers == ("312345",)


def test_excels_line_about_the_separator_is_no_row() -> None:
    file = f"sep=;\r\nName;Phone\r\nAda, dear;{ADA}\r\n"
    assert [(draft.row, draft.name) for draft in read(file).drafts] == [(3, "Ada, dear")]


APPLE = f"""BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//macOS 14.5//EN
N:Lovelace;Ada;King;;
FN:Ada Love
 lace
ORG:Analytical\\, Engines;
item1.TEL;type=pref:(415) 555-2671
TEL;type=CELL;type=VOICE:{BOB}
TEL;type=WORK;type=FAX:+1 415 555 0000
NOTE:First\\nsecond\\; third
CATEGORIES:friends,a\\,b:::c
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAASABIAAD
 /4QBYRXhpZgAATU0AKgAAAAgAAg
END:VCARD
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_card_has_a_contact_for_each_number(line_end: str) -> None:
    draft = only(APPLE.replace("\n", line_end))
    assert draft == Draft(
        1,
        "Ada Lovelace",
        ("(415) 555-2671", BOB),
        "First\nsecond; third",
        ("friends", "a", "b", "c"),
        cells=("Ada Lovelace", f"(415) 555-2671; {BOB}"),
    )
    assert found(APPLE) == [(ADA, "Ada Lovelace"), (BOB, "Ada Lovelace")]


@pytest.mark.parametrize(
    ("lines", "name", "number"),
    [
        (["VERSION:4.0", "FN:Zoë", 'TEL;VALUE=uri;PREF=1;TYPE="voice,home":tel:+1-415-555-2671'], "Zoë", ADA),
        (["VERSION:2.1", "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=", "=AB;;;;", f"TEL;CELL:{ADA}"], "Zoë", ADA),
        (["VERSION:2.1", "N;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:;Zo=EB", f"TEL;CELL:{ADA}"], "Zoë", ADA),
        (["FN:", "N:;;;;", "ORG:Engines;Analytical", f"tel:{ADA}"], "Engines, Analytical", ADA),
        (['FN;X=":;":Zoë', f"item1.TEL:{ADA}"], "Zoë", ADA),
    ],
)
def test_cards_of_all_versions_are_read(lines: list[str], name: str, number: str) -> None:
    assert found("\r\n".join(["begin:vcard", *lines, "end:vcard", ""])) == [(number, name)]


@pytest.mark.parametrize(
    ("charset", "written", "name"),
    [
        ("shift_jis", "=8A=BF", "漢"),
        ("windows-1250", "=8Eofie", "Žofie"),
        ("gb18030", "=D6=D0", "中"),
        ("utf-16le", "Z=00o=00=EB=00", "Zoë"),
        # Those of which no address book makes use are read as any other text.
        ("undefined", "Zo=C3=AB", "Zoë"),
        ("undefined", "Zo=EB", "Zoë"),
        ("punycode", "bcher-kva", "bcher-kva"),
        ("idna", "Zo=C3=AB", "Zoë"),
        ("unicode_escape", "Ada =5Cud800", "Ada ud800"),
        ("raw_unicode_escape", "Ada =5Cud800", "Ada ud800"),
        ("utf-7", "Ada J+2AA-", "Ada J+2AA-"),
        # Half of a pair.
        ("utf-16le", "A=00=00=D8", "A\0\0Ø"),
        ("utf-8", "A=ED=A0=80", "Aí \x80"),
    ],
)
def test_of_a_card_only_the_charsets_of_address_books_are_read(charset: str, written: str, name: str) -> None:
    file = f"BEGIN:VCARD\nFN;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:{written}\nTEL:{ADA}\nEND:VCARD"
    assert only(file).name == name


@pytest.mark.parametrize("mark", [b"\xff\xfe", b""])
def test_half_of_a_pair_is_no_character(mark: bytes) -> None:
    for file in (f"Name,Phone\nAda \ud800,{ADA}\n", f"BEGIN:VCARD\nFN:Ada \ud800\nTEL:{ADA}\nEND:VCARD\n"):
        assert found(mark + file.encode("utf-16-le", errors="surrogatepass")) == [(ADA, "Ada \ufffd")]


def test_a_value_that_goes_on_for_too_long_is_not_read() -> None:
    def card(lines: int) -> str:
        note = "=\n".join(["x" * 75] * lines)
        return f"BEGIN:VCARD\nNOTE;ENCODING=QUOTED-PRINTABLE:{note}\nFN:Ada\nTEL:{ADA}\nEND:VCARD"

    assert only(card(100)).note == "x" * 7_500
    long = only(card(1_000))
    assert (long.note, long.name, long.numbers) == ("", "Ada", (ADA,))


def test_a_card_that_does_not_end_ends_where_the_next_one_begins() -> None:
    file = f"BEGIN:VCARD\nFN:Ada\nTEL:{ADA}\nBEGIN:VCARD\nFN:Bob\nTEL:{BOB}"
    assert found(file) == [(ADA, "Ada"), (BOB, "Bob")]


def test_each_row_that_is_not_imported_has_a_reason() -> None:
    file = (
        f"Name,Phone,Note,Extra\r\nAda,{ADA},,x\r\nAda,{ADA},,y\r\nLady Ada,001 415 555 2671,,\r\n,{BOB},,\r\n"
        f"Eve,,,\r\n=1+1,call me,,\r\nNul\0,{BOB},,\r\n{'x' * 101},{BOB},,\r\nBob,(415) 555-2672,=2+2,\r\n"
    )
    assert [(item.row, item.outcome, item.reason) for item in items_of(file)] == [
        (2, "invalid", None),
        (3, "duplicate", None),
        (4, "duplicate", "Number is also that of row 2"),
        (5, "invalid", "Name can't be blank"),
        (6, "invalid", "Number can't be blank"),
        (7, "invalid", "Number has letters in it: write the number in digits"),
        (8, "invalid", "Name contains an invalid character"),
        (9, "invalid", "Name is too long (maximum is 100 characters)"),
        (10, "invalid", None),
    ]
    rejected = rejected_rows(read(file), items_of(file))
    assert rejected is not None
    assert rejected.splitlines()[:2] == [
        f'"{REASON}","Name","Phone","Note","Extra"',
        '"Number is also that of row 2","Lady Ada","001 415 555 2671","",""',
    ]
    assert '"\'=1+1"' in rejected
    # Once it is put right, it can be imported.
    assert found(rejected.replace("call me", "+14155550199")) == [(ADA, "Lady Ada"), ("+14155550199", "=1+1")]
    assert found(f"Name,Phone\r\nAda,{ADA}") == [(ADA, "Ada")]
    assert rejected_rows(read(f"Name,Phone\r\nAda,{ADA}"), items_of(f"Name,Phone\r\nAda,{ADA}")) is None


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (";".join(f"label {at}" for at in range(20)), None),
        (";".join(f"label {at}" for at in range(100)), "List of labels has too many items (maximum is 20)"),
        ("x" * 41, "Label is too long (maximum is 40 characters)"),
    ],
)
def test_a_row_with_too_much_in_its_labels_is_rejected_in_a_sentence(labels: str, reason: str | None) -> None:
    (item,) = items_of(f'Name,Phone,Labels\r\nAda,{ADA},"{labels}"\r\n')
    assert item.reason == reason


@pytest.mark.parametrize(
    ("consent", "reason"),
    [
        ("web form,2026-11-22T10:42:07Z,example.com", None),
        (",,", None),
        ("web_form,,example.com", "Consent time can't be blank"),
        ("web_form,yesterday,x", "Consent time must be a time such as 2026-11-22T10:42:07.120Z"),
        (
            "telepathy,2026-11-22T10:42:07Z,x",
            "Consent method must be 'web_form', 'text_message', 'verbal', 'written' or 'other'",
        ),
        ("web_form,2026-11-22T10:42:07Z,", "Consent source can't be blank"),
    ],
)
def test_a_consent_is_only_what_the_file_states(consent: str, reason: str | None) -> None:
    (item,) = items_of(f"Name,Phone,Consent method,Consent at,Consent source\r\nAda,{ADA},{consent}\r\n")
    assert item.reason == reason
    if item.fields is not None:
        assert (item.fields["consent"] is None) == (consent == ",,")


def test_a_known_contact_keeps_what_the_file_does_not_state_and_its_consent() -> None:
    def fields(**given: object) -> dict[str, object]:
        return ContactFields.model_validate({"name": "Ada", **given}).model_dump()

    at = "2026-11-22T10:42:07Z"
    known = {
        **fields(note="N", labels=["a"], consent={"method": "written", "at": at, "source": "x"}),
        "deleted_at": None,
    }
    new = fields(labels=["b"], consent={"method": "other", "at": "2026-11-28T10:42:07Z", "source": "y"})
    merged = merge(known, new, "update")
    assert (merged["note"], merged["labels"], merged["consent"]) == ("N", ["a", "b"], known["consent"])
    assert merge({**merged, "deleted_at": None}, new, "update") == merged
    assert outcome_of(known, new, "update") == "updated"
    assert outcome_of({**merged, "deleted_at": None}, new, "update") == "duplicate"
    assert outcome_of(known, new, "keep") == "duplicate"
    assert outcome_of({**known, "deleted_at": at}, new, "keep") == outcome_of(None, new, "keep") == "new"


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\xef\xbb\xbf",
        b" \r\n\t",
        b"PK\x03\x04 an Excel file",
        b"\xd0\xcf\x11\xe0 an old one",
        ("," * MAXIMUM_COLUMNS).encode(),
        b"," * 1_000_000,
        b"x" * 1_000_000,
        b'Name,Phone\r\n"' + b"x,\r\n" * 100_000,
    ],
)
def test_a_file_of_which_nothing_can_be_read_is_told(file: bytes) -> None:
    with pytest.raises(UnreadableFileError):
        read(file)


@pytest.mark.parametrize(
    "file",
    ["Name,Phone\r\n" + "a,1\r\n" * (MAXIMUM_ROWS + 1), "BEGIN:VCARD\nEND:VCARD\n" * (MAXIMUM_ROWS + 1)],
)
def test_a_file_has_a_limited_number_of_rows(file: str) -> None:
    with pytest.raises(FileTooLongError):
        read(file)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
@settings(max_examples=300)
def test_any_bytes_are_read_or_told(data: bytes) -> None:
    for file in (data, b"BEGIN:VCARD\n" + data, b"Name,Phone\n" + data):
        try:
            read_back = read(file)
        except UnreadableFileError:
            continue
        items = check(read_back.drafts, "US")
        assert {item.row for item in items} == {draft.row for draft in read_back.drafts}
        assert all(item.fields is not None or item.reason or item.outcome == "duplicate" for item in items)
        rejected_rows(read_back, items)


_line = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30).filter(
    lambda text: not is_blank(text)
)
_lines = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], include_characters="\n\t"), max_size=30)
_labels = st.lists(_line.filter(lambda text: LABEL_SEPARATORS.search(text) is None), max_size=3)


@given(st.lists(st.tuples(_line, _lines, _labels), min_size=1, max_size=5))
@example([("Ada", "\u200b", ["* VIP", "*", "* starred"])])
def test_importing_ones_own_export_changes_nothing(contacts: list[tuple[str, str, list[str]]]) -> None:
    known = {}
    for index, (name, note, labels) in enumerate(contacts):
        fields = ContactFields(name=name, note=note, labels=labels).model_dump()
        times = {"created_at": utc_now(), "updated_at": utc_now(), "deleted_at": None}
        number = f"+1415555{index:04}"
        known[number] = {"number": number, **fields, **times, "change_count": 1}
    file = to_csv([COLUMNS, *(row_of(contact_fields(row), None) for row in known.values())])
    items = items_of(file)
    assert [item.number for item in items] == list(known)
    for item in items:
        assert item.fields == {name: known[item.number][name] for name in ContactFields.model_fields}
