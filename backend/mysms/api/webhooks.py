"""Route for Twilio's status callbacks."""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, status

from mysms.api.deps import AppSettings, Client, Events, StatusCallbacks
from mysms.api.forms import require_form
from mysms.core.errors import error_responses
from mysms.core.logging import ThrottledWarnings
from mysms.core.metrics import CALLBACKS
from mysms.outbox.errors import BadSignatureError
from mysms.outbox.status_callbacks import StatusCallback
from mysms.providers.signatures import Signature, WebhookSecrets, explain_rejection, is_signed_by_twilio

_warnings = ThrottledWarnings(logging.getLogger(__name__))

router = APIRouter(prefix="/api/twilio", tags=["Twilio"])

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "properties": {
                        name: {"type": "string"}
                        for name in ("MessageSid", "MessageStatus", "AccountSid", "From", "To", "ErrorCode")
                    },
                    "additionalProperties": {"type": "string"},
                }
            }
        },
    }
}


async def _read_signed_form(
    request: Request,
    settings: AppSettings,
    events: Events,
    client: Client,
    x_twilio_signature: Annotated[str | None, Header()] = None,
    x_twilio_webhooks_signature_settings: Annotated[str, Header(include_in_schema=False)] = "",
) -> StatusCallback:
    """Reads the form and checks its signature. Raises BadSignatureError and FormBodyRequiredError."""
    require_form(request)
    url = settings.twilio_status_callback_url
    secrets = WebhookSecrets(settings.twilio_auth_tokens, settings.twilio_webhook_keys)
    signature = Signature(x_twilio_signature or "", x_twilio_webhooks_signature_settings)
    query = request.scope["query_string"].decode("latin-1")
    form = await request.form()
    is_signed = url is not None and is_signed_by_twilio(secrets, url, query, form, signature)
    if not is_signed:
        CALLBACKS.labels("bad_signature", "").inc()
        events.record("webhook_forged", address=client.address)
        if reason := explain_rejection(secrets, signature):
            _warnings.add(f"A status callback was rejected: {reason}.")
        raise BadSignatureError
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    return StatusCallback.model_validate(fields)


@router.post(
    "/status_callback",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Status callback",
    responses=error_responses(BadSignatureError()),
    openapi_extra=_FORM,
)
async def status_callback(
    callback: Annotated[StatusCallback, Depends(_read_signed_form)],
    status_callbacks: StatusCallbacks,
    message_id: str = "",
    attempt: str = "",
) -> None:
    """Twilio calls this when the status of a message changes. Repeated, late and reordered calls are handled."""
    await status_callbacks.apply(callback, message_id, attempt)
