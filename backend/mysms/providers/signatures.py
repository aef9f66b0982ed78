"""Verifies the signature of webhook requests from Twilio. Pure.

Twilio signs with the account's auth token (HMAC-SHA1), unless a rule of its Webhooks configuration matches the URL:
then it may sign with a shared key (HMAC-SHA256), and says so in a header. The signed text is the same.
https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
"""

from collections import defaultdict
from dataclasses import dataclass

from starlette.datastructures import FormData
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator, get_signature_algorithm

from mysms.core.urls import Url
from mysms.providers.callback_url import signed_url

_MOST_FIELDS = 1000
"""Far more than Twilio sends, and few enough to be signed several times at once."""


@dataclass(frozen=True)
class WebhookSecrets:
    """The secrets with which Twilio may sign a webhook; several of a kind while one replaces the other."""

    auth_tokens: tuple[str, ...]
    shared_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Signature:
    """The headers of a webhook: X-Twilio-Signature, and X-Twilio-Webhooks-Signature-Settings if there is one.

    Which of the shared keys has signed is not read from the header: each is tried.
    """

    value: str
    settings: str = ""

    @property
    def is_by_shared_key(self) -> bool:
        return bool(self.settings)

    @property
    def algorithm(self) -> str:
        """HMAC-SHA256 is the only documented algorithm of shared keys."""
        return get_signature_algorithm(self.settings).upper() if self.settings else HMAC_SHA1


def is_signed_by_twilio(
    secrets: WebhookSecrets, public_url: Url, query: str, form: FormData, signature: Signature
) -> bool:
    """Verifies the signature over the configured URL, not over the URL of the request, which a proxy may change.

    `public_url` is the configured URL; `query` is the raw query string of the request, which includes the parameters
    that were added for the message.
    """
    if not signature.value or (signature.is_by_shared_key and signature.algorithm != HMAC_SHA256):
        return False
    items = form.multi_items()
    if len(items) > _MOST_FIELDS:
        return False
    fields = _Fields(list)
    for name, value in items:
        if not isinstance(value, str):
            # Twilio posts no files, and its library cannot sign them.
            return False
        fields[name].append(value)
    url = signed_url(public_url, query)
    return any(
        RequestValidator(secret).validate(url, fields, signature.value, signature.algorithm)
        for secret in (secrets.shared_keys if signature.is_by_shared_key else secrets.auth_tokens)
    )


def explain_rejection(secrets: WebhookSecrets, signature: Signature) -> str:
    """Returns why a webhook may have been rejected although Twilio has signed it; empty if nothing points to that.

    Anybody can send such a header: the sentence is for the operator, and quotes nothing from the request.
    """
    if not signature.is_by_shared_key:
        return ""
    if not secrets.shared_keys:
        return (
            "it says that it is signed with a shared key of Twilio's Webhooks configuration, and TWILIO_WEBHOOK_KEY is "
            "not set. If a rule there matches TWILIO_STATUS_CALLBACK_URL, set it to the secret of that key"
        )
    if signature.algorithm != HMAC_SHA256:
        return "it says that it is signed with a shared key in another way than HMAC-SHA256, which is not supported"
    return (
        "it says that it is signed with a shared key of Twilio's Webhooks configuration, but not with "
        "TWILIO_WEBHOOK_KEY. Compare it with the key of the rule that matches TWILIO_STATUS_CALLBACK_URL"
    )


class _Fields(defaultdict[str, list[str]]):
    """The values of a form by name. Twilio's library asks for each name, and FormData searches all fields each time."""

    def getall(self, name: str) -> list[str]:
        return self[name]
