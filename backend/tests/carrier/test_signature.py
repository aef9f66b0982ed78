"""Whether a webhook comes from Twilio. The vectors are those of Twilio's own library."""

import io

import pytest
from starlette.datastructures import FormData, UploadFile

from mysms.carrier.signature import is_signed_by_twilio

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php"
QUERY = "foo=1&bar=2"
FORM = FormData(
    [
        ("CallSid", "CA1234567890ABCDE"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
        ("Caller", "+14158675309"),
    ]
)
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_twilios_own_vector_is_accepted() -> None:
    assert is_signed_by_twilio(TOKEN, URL, QUERY, FORM, SIGNATURE)


def test_it_is_accepted_with_the_port_too() -> None:
    assert is_signed_by_twilio(TOKEN, URL, QUERY, FORM, "kvajT1Ptam85bY51eRf/AJRuM3w=")


@pytest.mark.parametrize(
    ("token", "url", "query"),
    [
        ("54321", URL, QUERY),
        (TOKEN, "http://mycompany.com/myapp.php", QUERY),
        (TOKEN, "https://yourcompany.com/myapp.php", QUERY),
        (TOKEN, URL, "foo=1&bar=3"),
        (TOKEN, URL, "bar=2&foo=1"),
        (TOKEN, URL, ""),
    ],
)
def test_for_another_token_or_url_it_is_not(token: str, url: str, query: str) -> None:
    assert not is_signed_by_twilio(token, url, query, FORM, SIGNATURE)


@pytest.mark.parametrize(
    "form",
    [
        FormData([*FORM.multi_items(), ("Extra", "1")]),
        FormData(FORM.multi_items()[1:]),
        FormData([*FORM.multi_items()[:-1], ("Caller", "+14158675308")]),
        FormData([*FORM.multi_items(), ("Digits", "5678")]),
        FormData(),
    ],
)
def test_for_another_form_it_is_not(form: FormData) -> None:
    assert not is_signed_by_twilio(TOKEN, URL, QUERY, form, SIGNATURE)


@pytest.mark.parametrize("signature", ["", "=", "nonsense", SIGNATURE[:-1], SIGNATURE + "=", "é" * 28])
def test_nonsense_is_no_signature(signature: str) -> None:
    assert not is_signed_by_twilio(TOKEN, URL, QUERY, FORM, signature)


def test_a_query_of_the_configured_url_is_that_of_the_request() -> None:
    """What was added to the URL for each message comes back with the request."""
    assert is_signed_by_twilio(TOKEN, f"{URL}?{QUERY}", QUERY, FORM, SIGNATURE)


def test_a_form_with_a_file_is_not_twilios() -> None:
    for place in (0, len(FORM.multi_items())):
        items: list[tuple[str, str | UploadFile]] = list(FORM.multi_items())
        items.insert(place, ("Digits", UploadFile(io.BytesIO())))
        assert not is_signed_by_twilio(TOKEN, URL, QUERY, FormData(items), SIGNATURE)
