"""Whether a webhook request really comes from Twilio. Pure."""

from starlette.datastructures import FormData
from twilio.request_validator import RequestValidator


def is_signed_by_twilio(auth_token: str, public_url: str, query: str, form: FormData, signature: str) -> bool:
    """Checks X-Twilio-Signature over the URL that Twilio was told to call, never over the one that a proxy shows us.

    `public_url` is the configured URL; `query` is the raw query string of the request, which carries what was added
    to that URL for each message.
    """
    if not all(isinstance(value, str) for _, value in form.multi_items()):
        # Twilio posts no files, and its library cannot sign them.
        return False
    url = public_url.partition("?")[0] + (f"?{query}" if query else "")
    return bool(RequestValidator(auth_token).validate(url, form, signature))
