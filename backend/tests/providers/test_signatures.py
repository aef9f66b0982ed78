"""Signatures of webhooks. The test vectors are those of Twilio's library."""

import base64
import hmac
import io

import pytest
from starlette.datastructures import FormData, UploadFile
from twilio.request_validator import RequestValidator

from mysms.core.urls import Url
from mysms.providers.callback_url import url_for_twilio, with_query
from mysms.providers.signatures import Signature, WebhookSecrets, explain_rejection
from mysms.providers.signatures import is_signed_by_twilio as is_signed

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


def is_signed_by_twilio(token: str, url: str, query: str, form: FormData, signature: str) -> bool:
    return is_signed(WebhookSecrets((token,)), Url.parse(url), query, form, Signature(signature))


def test_twilios_own_vector_is_accepted() -> None:
    assert is_signed_by_twilio(TOKEN, URL, QUERY, FORM, SIGNATURE)


def test_a_signature_with_the_port_is_accepted() -> None:
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
def test_a_signature_for_another_token_or_url_is_rejected(token: str, url: str, query: str) -> None:
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
def test_a_signature_for_another_form_is_rejected(form: FormData) -> None:
    assert not is_signed_by_twilio(TOKEN, URL, QUERY, form, SIGNATURE)


@pytest.mark.parametrize("signature", ["", "=", "nonsense", SIGNATURE[:-1], SIGNATURE + "=", "é" * 28])
def test_a_malformed_signature_is_rejected(signature: str) -> None:
    assert not is_signed_by_twilio(TOKEN, URL, QUERY, FORM, signature)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@mycompany.com/myapp.php",
        "https://mycompany.com/myapp.php#rc=3",
        "https://user@mycompany.com/myapp.php?foo=1#rc=3&rp=4xx,5xx",
        "https://mycompany.com:443/myapp.php",
        "HTTPS://MyCompany.com/myapp.php",
    ],
)
def test_unsigned_parts_of_the_url_make_no_difference(url: str) -> None:
    for signature in (SIGNATURE, "kvajT1Ptam85bY51eRf/AJRuM3w="):
        assert is_signed_by_twilio(TOKEN, url, QUERY, FORM, signature)


@pytest.mark.parametrize(
    ("url", "given", "called"),
    [
        ("https://h.example/cb", "https://h.example/cb?m=1#rc=5&rp=all", "https://h.example/cb?m=1"),
        ("https://h.example", "https://h.example/?m=1#rc=5&rp=all", "https://h.example/?m=1"),
        ("https://h.example/cb?a=b&c", "https://h.example/cb?a=b&c&m=1#rc=5&rp=all", "https://h.example/cb?a=b&c&m=1"),
        ("https://u:p@h.example/cb", "https://u:p@h.example/cb?m=1#rc=5&rp=all", "https://h.example/cb?m=1"),
        ("https://h.example/cb#rc=3", "https://h.example/cb?m=1#rc=3&rp=all", "https://h.example/cb?m=1"),
        (
            "https://h.example/cb?a=b#rp=4xx,5xx&ct=900",
            "https://h.example/cb?a=b&m=1#rp=4xx,5xx&ct=900&rc=5",
            "https://h.example/cb?a=b&m=1",
        ),
        ("https://h.example/cb#rc=0&rp=ct", "https://h.example/cb?m=1#rc=0&rp=ct", "https://h.example/cb?m=1"),
        ("HTTPS://H.Example:443/Cb", "https://h.example/Cb?m=1#rc=5&rp=all", "https://h.example/Cb?m=1"),
        ("https://h.example:8443/cb", "https://h.example:8443/cb?m=1#rc=5&rp=all", "https://h.example:8443/cb?m=1"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC?m=1#rc=5&rp=all", None),
        ("https://h.example/%c3%bc%2f%7e", "https://h.example/%C3%BC%2F~?m=1#rc=5&rp=all", None),
        ("https://h.example/100%?a[]='%zz'", "https://h.example/100%25?a%5B%5D=%27%25zz%27&m=1#rc=5&rp=all", None),
        ("http://[::1]:8000/cb", "http://[::1]:8000/cb?m=1#rc=5&rp=all", "http://[::1]:8000/cb?m=1"),
    ],
)
def test_the_url_given_to_twilio_and_the_url_that_it_calls(url: str, given: str, called: str | None) -> None:
    parsed = Url.parse(url)
    assert url_for_twilio(parsed, "m=1") == given
    assert with_query(parsed, "m=1") == (called or given.partition("#")[0])


def test_the_query_of_the_request_is_used() -> None:
    """The query that was added to the URL for a message is part of the request."""
    assert is_signed_by_twilio(TOKEN, f"{URL}?{QUERY}", QUERY, FORM, SIGNATURE)


def test_a_form_with_a_file_is_rejected() -> None:
    for index in (0, len(FORM.multi_items())):
        items: list[tuple[str, str | UploadFile]] = list(FORM.multi_items())
        items.insert(index, ("Digits", UploadFile(io.BytesIO())))
        assert not is_signed_by_twilio(TOKEN, URL, QUERY, FormData(items), SIGNATURE)


def test_a_form_with_too_many_fields_is_rejected_at_once() -> None:
    for count in (1000, 1001):
        form = FormData([(f"Field{number}", "") for number in range(count)])
        signature = RequestValidator(TOKEN).compute_signature(f"{URL}?{QUERY}", dict(form))
        assert is_signed_by_twilio(TOKEN, URL, QUERY, form, signature) is (count == 1000)


def test_two_tokens_are_accepted_while_one_replaces_the_other() -> None:
    for tokens in ((TOKEN, "other"), ("other", TOKEN)):
        assert is_signed(WebhookSecrets(tokens), Url.parse(URL), QUERY, FORM, Signature(SIGNATURE))
    assert not is_signed(WebhookSecrets(("other", "third")), Url.parse(URL), QUERY, FORM, Signature(SIGNATURE))


SHARED_KEY = "the-secret-of-a-shared-key"
SETTINGS = "key=webhooks_sharedkey_01abc,algorithm=HMAC_SHA256"
SIGNED_TEXT = f"{URL}?{QUERY}CallSidCA1234567890ABCDECaller+14158675309Digits1234From+14158675309To+18005551212"
"""The documented text: the URL, and the names and values of the fields, sorted."""


def signature_by(key: str, algorithm: str = "sha256") -> str:
    return base64.b64encode(hmac.digest(key.encode(), SIGNED_TEXT.encode(), algorithm)).decode()


def is_signed_with(signature: Signature, *shared_keys: str) -> bool:
    return is_signed(WebhookSecrets((TOKEN,), shared_keys), Url.parse(URL), QUERY, FORM, signature)


@pytest.mark.parametrize(
    "settings", [SETTINGS, "algorithm=HMAC_SHA256", " key=x , algorithm = hmac_sha256", "algorithm=HMAC_SHA256,more=1"]
)
def test_a_signature_with_a_shared_key_is_accepted(settings: str) -> None:
    signature = Signature(signature_by(SHARED_KEY), settings)
    assert is_signed_with(signature, SHARED_KEY)
    assert is_signed_with(signature, "new", SHARED_KEY)


def test_a_signature_with_the_auth_token_stays_valid_besides_a_shared_key() -> None:
    """Twilio signs with it if no rule matches, and divides the traffic of a rule between two settings."""
    assert is_signed_with(Signature(SIGNATURE), SHARED_KEY)


@pytest.mark.parametrize(
    "settings",
    [
        "",
        " ",
        "key=x",
        "algorithm=",
        "algorithm=none",
        "algorithm=HMAC_SHA1",
        "algorithm=HMAC_SHA512",
        "algorithm=HMAC_SHA1,algorithm=HMAC_SHA256",
        "HMAC_SHA256",
        "\n",
        "é",
        "a" * 8_000,
    ],
)
def test_other_settings_are_rejected(settings: str) -> None:
    for signature in (signature_by(SHARED_KEY), signature_by(SHARED_KEY, "sha1"), signature_by(TOKEN)):
        assert not is_signed_with(Signature(signature, settings), SHARED_KEY)


@pytest.mark.parametrize("key", ["other", TOKEN, "", "webhooks_sharedkey_01abc"])
def test_a_signature_with_another_key_is_rejected(key: str) -> None:
    assert not is_signed_with(Signature(signature_by(key), SETTINGS), SHARED_KEY)
    assert not is_signed_with(Signature(signature_by(key), SETTINGS))


@pytest.mark.parametrize("signature", ["", "=", "é", SIGNATURE, signature_by(SHARED_KEY, "sha1")])
def test_neither_an_old_signature_nor_nonsense_is_one_with_a_shared_key(signature: str) -> None:
    assert not is_signed_with(Signature(signature, SETTINGS), SHARED_KEY)


def test_a_rejection_is_explained_only_if_a_shared_key_is_claimed() -> None:
    without, with_key = WebhookSecrets((TOKEN,)), WebhookSecrets((TOKEN,), (SHARED_KEY,))
    assert explain_rejection(without, Signature("forged")) == explain_rejection(with_key, Signature("forged")) == ""
    assert "TWILIO_WEBHOOK_KEY is not set" in explain_rejection(without, Signature("", SETTINGS))
    assert "not with TWILIO_WEBHOOK_KEY" in explain_rejection(with_key, Signature("", SETTINGS))
    explanation = explain_rejection(with_key, Signature("", "key=x,algorithm=EVIL"))
    assert "another way" in explanation
    assert "EVIL" not in explanation
