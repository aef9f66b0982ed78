"""Verifies the signature of webhook requests from Twilio. Pure."""

from starlette.datastructures import FormData
from twilio.request_validator import RequestValidator

from mysms.core.urls import Url
from mysms.providers.callback_url import signed_url


def is_signed_by_twilio(auth_token: str, public_url: Url, query: str, form: FormData, signature: str) -> bool:
    """Verifies X-Twilio-Signature over the configured URL, not over the URL of the request, which a proxy may change.

    `public_url` is the configured URL; `query` is the raw query string of the request, which includes the parameters
    that were added for the message.
    """
    if not all(isinstance(value, str) for _, value in form.multi_items()):
        # Twilio posts no files, and its library cannot sign them.
        return False
    return bool(RequestValidator(auth_token).validate(signed_url(public_url, query), form, signature))
