"""If-None-Match by RFC 9110, section 13.1.2."""

import pytest

from mysms.core.etags import matches


@pytest.mark.parametrize("etag", ['W/"a1"', '"a1"'])
@pytest.mark.parametrize(
    "header",
    [
        "*",
        " *\t",
        'W/"a1"',
        '"a1"',
        ' "a1"\t',
        '"other", W/"a1"',
        'W/"other",W/"a1"',
        ',,"a1" ,',
        '"a,b" , "a1"',
        '"", "a1"',
    ],
)
def test_the_header_matches(header: str, etag: str) -> None:
    assert matches(header, etag)


@pytest.mark.parametrize(
    "header",
    ["", "a1", 'W/"other"', '"A1"', '"a1 "', '"*"', '"other, "', '"x""a1', "W/a1", '"one,a1,two"', "**", '*, "other"'],
)
def test_the_header_does_not_match(header: str) -> None:
    assert not matches(header, 'W/"a1"')
