"""Reads files of contacts, as other programs have written them: CSV in any usual form, and vCards. Pure.

What is read here is only text. `imports` checks it.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from mysms.contacts.errors import FileTooLongError, UnreadableFileError
from mysms.contacts.labels import LABEL_SEPARATORS
from mysms.contacts.vcards import Card, is_vcard, read_cards
from mysms.core.blank import is_blank
from mysms.core.csv_files import text_of
from mysms.core.giving_way import giving_way
from mysms.core.phone_numbers import PhoneNumberError, normalise
from mysms.core.words import fold

MAXIMUM_ROWS = 20_000
MAXIMUM_COLUMNS = 200
MAXIMUM_LINE = 100_000
"""Characters. Splitting a longer line into its cells would hold up everything else in the process."""
MAXIMUM_NUMBERS_IN_ALL = 2 * MAXIMUM_ROWS
"""Of a file. Checking more takes a process too long, and few of them could be stored."""
MAXIMUM_NUMBERS = 20
"""Of one row."""

Format = Literal["csv", "vcard"]
Field = Literal[
    "ignore",
    "number",
    "name",
    "first_name",
    "middle_name",
    "last_name",
    "organization",
    "note",
    "labels",
    "consent_method",
    "consent_at",
    "consent_source",
]
"""What a column can be. Several columns may be the same."""
FIELDS: Sequence[Field] = get_args(Field)

_LOOKED_AT = 50
"""The rows by which a column of numbers is recognised if none is named so."""
_NAME_LENGTH = 100
"""Of a column. Folding a longer one can take quadratic time."""
_EXAMPLES = 3
_EXAMPLE_LENGTH = 60
_FEWEST_DIGITS = 6
"""Of a cell that makes its row no header."""
_UTF_16_SAMPLE = 1_000
_SEPARATORS = ",;\t"
_SEPARATOR_LINE = re.compile(r"sep=([,;\t|])(?:\r\n?|\n)", re.IGNORECASE)
"""With which a file tells Excel how it is separated."""
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_BETWEEN_VALUES = ":::"
"""How Google writes several values into one cell."""
_FRACTION = re.compile(
    r"([^0-9.,]*[0-9]+)[.,]00?\s*|([^0-9.,]*[0-9]{7,})[.,]000\s*|([^0-9.,]*[1-9][0-9]{0,2}(?:[\s'’][0-9]{3})+)[.,]00?\s*"
)
"""Of a number that a program has taken for an amount, in one piece or in groups of thousands."""
_GOOGLES_MARK = re.compile(r"\A\*\s*")
"""With which labels begin in what Google has written. Elsewhere it is a part of a label."""
_GOOGLES_OWN_LABELS = {"mycontacts", "starred"}

_NAMES: Mapping[Field, str] = {
    "number": "number phone phonenumber mobile mobilephone mobilenumber cell cellphone cellphonenumber cellular tel "
    "telephone telephonenumber primaryphone homephone homephone2 businessphone businessphone2 workphone otherphone "
    "carphone msisdn sms whatsapp recipient recipientnumber telefon telefonnummer handy handynummer mobil mobilnummer "
    "mobiltelefon rufnummer telefono movil celular portable telephoneportable telefone",
    "name": "name fullname displayname contact contactname formattedname fn nombre nom nome",
    "first_name": "firstname first givenname forename vorname prenom",
    "middle_name": "middlename middle additionalname",
    "last_name": "lastname last familyname surname nachname familienname apellido apellidos",
    "organization": "organization organizationname organisation company companyname firma org entreprise empresa",
    "note": "note notes comment comments remark remarks notiz notizen bemerkung nota notas",
    "labels": "label labels tag tags category categories group groups groupmembership kategorie kategorien gruppe",
    "consent_method": "consentmethod",
    "consent_at": "consentat consenttime consentdate",
    "consent_source": "consentsource",
}
_CONSENT: Mapping[str, Field] = {"method": "consent_method", "at": "consent_at", "source": "consent_source"}
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names.split()}
_GOOGLES_PHONE = re.compile("phone[0-9]+value")


@dataclass(frozen=True)
class Column:
    """A column of a CSV file, what it is taken for, and what is in it."""

    name: str
    field: Field
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A row or card as it is written, with all its numbers."""

    row: int
    name: str
    numbers: tuple[str, ...]
    note: str = ""
    labels: tuple[str, ...] = ()
    consent: Mapping[str, str] = field(default_factory=dict)
    """What is stated of `method`, `at` and `source`."""
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContactFile:
    """What a file says. A vCard file has the columns in which its rejected cards are returned."""

    format: Format
    columns: tuple[Column, ...]
    drafts: Sequence[Draft]


def read_file(data: bytes, columns: Sequence[Field] | None, default_country: str | None) -> ContactFile:
    """Reads a file. `columns` says what its columns are, if it is a CSV file and they are not to be recognised.

    Raises UnreadableFileError and FileTooLongError.
    """
    if data.startswith(_SPREADSHEETS):
        raise UnreadableFileError("This is a spreadsheet, not a CSV file. Save it as CSV in the program it is from.")
    text = decode(data)
    if is_blank(text):
        raise UnreadableFileError("The file is empty.")
    file = _read_vcards(text) if is_vcard(text) else _read_table(text, columns, default_country)
    if sum(len(draft.numbers) for draft in file.drafts) > MAXIMUM_NUMBERS_IN_ALL:
        raise FileTooLongError(f"The file has more than {MAXIMUM_NUMBERS_IN_ALL:,} numbers. Import it in parts.")
    return file


def decode(data: bytes) -> str:
    """Returns the text of a file in UTF-8, UTF-16, or the code page of Western Windows, which holds any bytes."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data.removeprefix(mark).decode(encoding, errors="replace")
    sample = data[:_UTF_16_SAMPLE]
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        # Half of the bytes of Western text in UTF-16 are zero, and always the same half.
        if (half := sample[start::2]) and half.count(0) > len(half) * 3 // 4:
            return data.decode(encoding, errors="replace")
    for encoding in ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _read_vcards(text: str) -> ContactFile:
    names: tuple[tuple[str, Field], ...] = (("name", "name"), ("number", "number"))
    return ContactFile("vcard", tuple(Column(name, each, ()) for name, each in names), list(_from_cards(text)))


def _from_cards(text: str) -> Iterator[Draft]:
    for row, card in enumerate(read_cards(text), 1):
        if row > MAXIMUM_ROWS:
            raise FileTooLongError
        yield _draft_of(row, card)


def _draft_of(row: int, card: Card) -> Draft:
    numbers = _limited(card.numbers)
    return Draft(row, card.name, numbers, card.note, card.labels, cells=(card.name, "; ".join(numbers)))


def _read_table(text: str, given: Sequence[Field] | None, default_country: str | None) -> ContactFile:
    rows = _rows_of(text)
    first = next(rows, None)
    if first is None:
        raise UnreadableFileError("The file is empty.")
    has_header = not any(_is_number(cell, default_country) for cell in first[1])
    body = list(rows) if has_header else [first, *rows]
    if len(body) > MAXIMUM_ROWS:
        raise FileTooLongError
    width = max(len(first[1]), len(given or ()))
    header = first[1] if has_header else []
    names = [cell[:_NAME_LENGTH].strip() or f"Column {index}" for index, cell in enumerate(header, 1)]
    names += [f"Column {index}" for index in range(len(names) + 1, width + 1)]
    sample = [cells for _, cells in body[:_LOOKED_AT]]
    fields = list(given) if given is not None else _recognise(names, sample, default_country)
    fields += ["ignore"] * (width - len(fields))
    named = zip(names, fields, strict=True)
    columns = [Column(name, each, _examples(sample, at)) for at, (name, each) in enumerate(named)]
    places = {each: [at for at, field in enumerate(fields) if field == each] for each in FIELDS}
    is_googles = any(_GOOGLES_PHONE.fullmatch(_plain(name)) for name in names)
    drafts = [_draft_of_cells(row, cells, places, is_googles=is_googles) for row, cells in giving_way(body)]
    return ContactFile("csv", tuple(columns), drafts)


def _rows_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yields the rows that have anything in them, with the numbers that a spreadsheet shows them under."""
    separator, offset = None, 0
    if line := _SEPARATOR_LINE.match(text):
        separator, text, offset = line[1], text[line.end() :], 1
    reader = csv.reader(_lines_of(text), delimiter=separator or _separator_of(text))
    row = offset
    try:
        for row, cells in enumerate(giving_way(reader), offset + 1):
            if len(cells) > MAXIMUM_COLUMNS and row == offset + 1:
                raise UnreadableFileError(f"The file has more than {MAXIMUM_COLUMNS} columns.")
            if any(not is_blank(cell) for cell in cells):
                yield row, [text_of(cell) for cell in cells[:MAXIMUM_COLUMNS]]
    except csv.Error as error:
        raise UnreadableFileError(
            f"Row {row + 1} cannot be read: it has a cell that is too long. Is a quotation mark missing?"
        ) from error


def _lines_of(text: str) -> Iterator[str]:
    """Yields the lines with their ends. Raises csv.Error if one is too long."""
    for line in io.StringIO(text, newline=""):
        if len(line) > MAXIMUM_LINE:
            raise csv.Error("line too long")
        yield line


def _separator_of(text: str) -> str:
    """Returns the separator with which the first row has most cells."""

    def width(separator: str) -> int:
        try:
            return len(next(csv.reader(_lines_of(text), delimiter=separator), []))
        except csv.Error:
            return 0

    return max(_SEPARATORS, key=width)


def _recognise(names: list[str], sample: list[list[str]], default_country: str | None) -> list[Field]:
    fields = [_field_of(name) for name in names]
    if "number" in fields:
        return fields
    counts = [sum(_is_number(cell, default_country) for cell in _column(sample, at)) for at in range(len(names))]
    at = max(range(len(names)), key=counts.__getitem__)
    if counts[at] > len(_column(sample, at)) // 2 and fields[at] == "ignore":
        fields[at] = "number"
    return fields


def _field_of(name: str) -> Field:
    plain = _plain(name)
    return "number" if _GOOGLES_PHONE.fullmatch(plain) else _FIELD_OF.get(plain, "ignore")


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", fold(name))


def _is_number(cell: str, default_country: str | None) -> bool:
    if sum(character.isdecimal() for character in cell) < _FEWEST_DIGITS:
        return False
    try:
        normalise(_without_fraction(cell), default_country or "US")
    except PhoneNumberError:
        return False
    return True


def _column(rows: list[list[str]], at: int) -> list[str]:
    return [cells[at] for cells in rows if at < len(cells) and not is_blank(cells[at])]


def _examples(sample: list[list[str]], at: int) -> tuple[str, ...]:
    found = dict.fromkeys(cell.strip()[:_EXAMPLE_LENGTH] for cell in _column(sample, at))
    return tuple(found)[:_EXAMPLES]


def _draft_of_cells(row: int, cells: list[str], places: Mapping[Field, list[int]], *, is_googles: bool) -> Draft:
    def texts(name: Field) -> list[str]:
        return [cells[at].strip() for at in places[name] if at < len(cells) and not is_blank(cells[at])]

    parts = texts("first_name") + texts("middle_name") + texts("last_name")
    name = " ".join(texts("name")) or " ".join(parts) or " ".join(texts("organization"))
    written = [each.strip() for cell in texts("number") for each in cell.split(_BETWEEN_VALUES)]
    numbers = [_without_fraction(each) for each in written if each]
    labels = [label for cell in texts("labels") for label in _labels_of(cell, is_googles=is_googles)]
    consent = {each: " ".join(texts(name)) for each, name in _CONSENT.items() if texts(name)}
    return Draft(row, name, _limited(numbers), "\n".join(texts("note")), tuple(labels), consent, tuple(cells))


def _without_fraction(number: str) -> str:
    """Returns a number without the zeros of an amount, which would make it that of somebody else."""
    found = _FRACTION.fullmatch(number)
    return found[1] or found[2] or found[3] if found else number


def _labels_of(cell: str, *, is_googles: bool) -> Iterator[str]:
    has_marks = is_googles or _BETWEEN_VALUES in cell
    for written in map(str.strip, LABEL_SEPARATORS.split(cell)):
        label = _GOOGLES_MARK.sub("", written) if has_marks else written
        is_googles_own = label != written and label.casefold() in _GOOGLES_OWN_LABELS
        if label and not is_googles_own:
            yield label


def _limited(numbers: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(numbers))[:MAXIMUM_NUMBERS]
