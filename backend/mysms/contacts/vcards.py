"""Reads vCards of versions 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350): what contacts have. Pure.

Cards come from programs that keep to no version entirely, so all that any of them allows is read everywhere.
"""

import io
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mysms.contacts.labels import LABEL_SEPARATORS
from mysms.core.giving_way import giving_way

_READ = frozenset({"FN", "N", "TEL", "NOTE", "CATEGORIES", "ORG"})
_LONGEST_LINE = 20_000
"""Of what is read: longer ones are pictures and keys in the main."""
_CHARSET = re.compile(
    r"CHARSET=\"?(UTF-?8|UTF-16(?:LE|BE)?|US-ASCII|ISO-8859-(?:[1-9]|1[013-6])|(?:WINDOWS-|CP)125[0-8]|KOI8-[RU]"
    r"|SHIFT[_-]JIS|SJIS|TIS-620|GB2312|GBK|GB18030|BIG5|EUC-(?:JP|KR))(?![\w-])"
)
"""Those in which address books write. Others that Python knows take quadratic time, or make lone surrogates."""
_NOT_FOR_MESSAGES = re.compile("FAX|PAGER|MODEM|BBS")
_FOR_MESSAGES = re.compile("CELL|TEXT")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_UNESCAPED_SEMICOLON = re.compile(r"(?<!\\);")


@dataclass(frozen=True)
class Card:
    """What a card says that a contact can have."""

    name: str
    numbers: tuple[str, ...]
    note: str
    labels: tuple[str, ...]


def is_vcard(text: str) -> bool:
    """Whether a text begins as a file of cards does."""
    return re.match(r"\s*BEGIN:VCARD[ \t]*(?:[\r\n]|\Z)", text, re.IGNORECASE) is not None


def read_cards(text: str) -> Iterator[Card]:
    """Yields the cards of a text in their order. One that does not end ends where the next one begins."""
    lines: list[tuple[str, str, str]] | None = None
    for name, parameters, value in _lines_of(text):
        is_mark = value.strip().upper() == "VCARD"
        if name in {"BEGIN", "END"} and is_mark:
            if lines is not None:
                yield _card_of(lines)
            lines = [] if name == "BEGIN" else None
        elif lines is not None and name in _READ:
            lines.append((name, parameters, value))
    if lines is not None:
        yield _card_of(lines)


def _lines_of(text: str) -> Iterator[tuple[str, str, str]]:
    """Yields name, parameters and value of each line, in capitals but for the value."""
    lines = giving_way(_unfold(text))
    for line in lines:
        name, parameters, value = _split(line)
        if "QUOTED-PRINTABLE" in parameters:
            value = _continued(value, lines)
            if name in _READ:
                value = _decode_quoted(value, parameters)
        yield name, parameters, value


def _continued(value: str, lines: Iterator[str]) -> str:
    """Returns a value in quoted-printable with the lines that go on with it: nothing if it is too long to be read."""
    pieces, length = [value], len(value)
    # It goes on in the next line if its own one ends with =.
    while value.endswith("=") and (following := next(lines, None)) is not None:
        value, length = following, length + len(following)
        if length <= _LONGEST_LINE:
            pieces.append(value)
    return "\n".join(pieces) if length <= _LONGEST_LINE else ""


def _unfold(text: str) -> Iterator[str]:
    """Yields the lines, each with those that continue it, up to a length that is not read.

    Line by line, since an expression that replaces a million folds would hold up everything else in the process.
    """
    pieces: list[str] = []
    length = 0
    for written in io.StringIO(text, newline=None):
        line = written.removesuffix("\n")
        if pieces and line.startswith((" ", "\t")):
            length += len(line)
            if length <= _LONGEST_LINE:
                pieces.append(line[1:])
            continue
        if length <= _LONGEST_LINE:
            yield "".join(pieces)
        pieces, length = [line], len(line)
    if length <= _LONGEST_LINE:
        yield "".join(pieces)


def _split(line: str) -> tuple[str, str, str]:
    end, is_quoted = -1, False
    for at, character in enumerate(line):
        if character == '"':
            is_quoted = not is_quoted
        elif character == ":" and not is_quoted:
            end = at
            break
    if end < 0:
        return "", "", ""
    name, _, parameters = line[:end].upper().partition(";")
    # A group may stand before the name: item1.TEL.
    return name.strip().rpartition(".")[2], parameters, line[end + 1 :]


def _decode_quoted(value: str, parameters: str) -> str:
    data = quopri.decodestring(value.encode("utf-8", errors="replace"))
    charset = _CHARSET.search(parameters)
    for encoding in (charset[1] if charset else "utf-8", "utf-8"):
        try:
            return data.decode(encoding)
        except UnicodeError:
            continue
    return data.decode("latin-1")


def _card_of(lines: list[tuple[str, str, str]]) -> Card:
    def first(wanted: str) -> str:
        return next((value for name, _, value in lines if name == wanted and value.strip(" ;")), "")

    full = _unescape(first("FN"))
    family, given, additional, *_ = [*map(_unescape, _UNESCAPED_SEMICOLON.split(first("N"))), "", "", ""]
    parts = " ".join(part for part in (given, additional, family) if part)
    organisation = ", ".join(part for part in map(_unescape, _UNESCAPED_SEMICOLON.split(first("ORG"))) if part)
    notes = [_unescape(value) for name, _, value in lines if name == "NOTE"]
    categories = [_unescape(value) for name, _, value in lines if name == "CATEGORIES"]
    labels = [label.strip() for category in categories for label in LABEL_SEPARATORS.split(category)]
    numbers = [_unescape(value) for name, kind, value in lines if name == "TEL" and _can_be_written_to(kind)]
    return Card(
        full or parts or organisation,
        tuple(number for number in numbers if number),
        "\n".join(note for note in notes if note),
        tuple(label for label in labels if label),
    )


def _can_be_written_to(parameters: str) -> bool:
    return not _NOT_FOR_MESSAGES.search(parameters) or _FOR_MESSAGES.search(parameters) is not None


def _unescape(value: str) -> str:
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value).strip()
