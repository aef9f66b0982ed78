"""CSV files (RFC 4180) that spreadsheets open as they are meant. Pure.

A file begins with a byte order mark: without one, Excel reads UTF-8 as the code page of the machine. Programs skip it
(`utf-8-sig` in Python).
"""

import csv
import io
import re
from collections.abc import Iterable

BYTE_ORDER_MARK = "\ufeff"
_FORMULA_AT_BEGINNING = r"(?='*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])"
# Where the list separator is a semicolon or a tab, a spreadsheet ignores quotes inside a line.
_FORMULA_IN_LINE = r"(?<=[;\t\r\n])%s(?=['\"]*[=+@\uff1d\uff0b\uff20])|(?<=[;\t])%s(?=['\"]*[-\uff0d](?!\)))"
_FORMULA = re.compile(rf"\A{_FORMULA_AT_BEGINNING}|{_FORMULA_IN_LINE % ('', '')}")
"""Where a cell may begin that a spreadsheet evaluates.

It may begin with apostrophes, so that one more can be taken away again. The last characters are wide forms.
"""
_GUARD = re.compile(rf"\A'{_FORMULA_AT_BEGINNING}|{_FORMULA_IN_LINE % (chr(39), chr(39))}")
"""The apostrophes that `cell` has added."""
_PHONE_NUMBER = re.compile(r"\+[0-9]{1,15}")
"""Evaluates to its own digits, of which a spreadsheet keeps fifteen."""


def to_csv(rows: Iterable[Iterable[object]]) -> str:
    """Returns these rows as lines. No cell is a formula."""
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([cell(value) for value in row] for row in rows)
    return file.getvalue()


def cell(value: object) -> str:
    """Returns a value as text, with an apostrophe before whatever a spreadsheet would evaluate."""
    text = "" if value is None else str(value)
    return text if _PHONE_NUMBER.fullmatch(text) else _FORMULA.sub("'", text)


def text_of(written: str) -> str:
    """Returns the text of which `cell` has made this, without its apostrophes."""
    return _GUARD.sub("", written)
