"""Route for Twilio's status callbacks."""

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response, status
from pydantic import BaseModel

from mysms.api.deps import get_client_info, get_services
from mysms.api.direct import DirectRoute
from mysms.api.forms import require_form
from mysms.core.errors import error_responses
from mysms.core.logging import ThrottledWarnings
from mysms.core.metrics import CALLBACKS
from mysms.outbox.errors import BadSignatureError
from mysms.outbox.status_callbacks import StatusCallback
from mysms.providers.signatures import Signature, WebhookSecrets, explain_rejection, is_signed_by_twilio

_warnings = ThrottledWarnings(logging.getLogger(__name__))

router = APIRouter(prefix="/api/twilio", tags=["Twilio"])

_FORM: dict[str, Any] = {
    "parameters": [
        {
            "name": "x-twilio-signature",
            "in": "header",
            "required": False,
            "schema": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "X-Twilio-Signature"},
        }
    ],
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
    },
}


class CallbackQuery(BaseModel):
    """What identifies an attempt in the URL that Twilio got with it."""

    message_id: str = ""
    attempt: str = ""


async def status_callback(request: Request, query: Annotated[CallbackQuery, Query()]) -> Response:
    """Twilio calls this when the status of a message changes. Repeated, late and reordered calls are handled."""
    callback = await _read_signed_form(request)
    await get_services(request).status_callbacks.apply(callback, query.message_id, query.attempt)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


router.add_api_route(
    "/status_callback",
    status_callback,
    methods=["POST"],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Status callback",
    responses=error_responses(BadSignatureError()),
    openapi_extra=_FORM,
    route_class_override=DirectRoute,
)


async def _read_signed_form(request: Request) -> StatusCallback:
    """Reads the form and checks its signature. Raises BadSignatureError and FormBodyRequiredError."""
    require_form(request)
    settings = get_services(request).settings
    url = settings.twilio_status_callback_url
    secrets = WebhookSecrets(settings.twilio_auth_tokens, settings.twilio_webhook_keys)
    signature = Signature(
        request.headers.get("X-Twilio-Signature", ""), request.headers.get("X-Twilio-Webhooks-Signature-Settings", "")
    )
    query = request.scope["query_string"].decode("latin-1")
    form = await request.form()
    is_signed = url is not None and is_signed_by_twilio(secrets, url, query, form, signature)
    if not is_signed:
        CALLBACKS.labels("bad_signature", "").inc()
        get_services(request).security_events.record("webhook_forged", address=get_client_info(request).address)
        if reason := explain_rejection(secrets, signature):
            _warnings.add(f"A status callback was rejected: {reason}.")
        raise BadSignatureError
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    return StatusCallback.model_validate(fields)
