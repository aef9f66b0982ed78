"""Routes for Twilio's webhooks: status callbacks, and inbound messages."""

import logging
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response, status
from prometheus_client import Counter
from pydantic import BaseModel

from mysms.api.deps import get_client_info, get_services
from mysms.api.direct import DirectRoute
from mysms.api.forms import require_form
from mysms.core.errors import error_responses
from mysms.core.logging import ThrottledWarnings
from mysms.core.metrics import CALLBACKS, INBOUND
from mysms.core.urls import Url
from mysms.inbound.errors import NobodyToReceiveError
from mysms.inbound.webhook import is_inbound
from mysms.outbox.errors import BadSignatureError
from mysms.outbox.status_callbacks import StatusCallback
from mysms.providers.signatures import Signature, WebhookSecrets, explain_rejection, is_signed_by_twilio
from mysms.services import Services

_warnings = ThrottledWarnings(logging.getLogger(__name__))

router = APIRouter(prefix="/api/twilio", tags=["Twilio"])

_EMPTY_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""Twilio sends no reply. https://www.twilio.com/docs/messaging/twiml"""
_TWIML: dict[int | str, dict[str, Any]] = {
    status.HTTP_200_OK: {
        "description": "Received: TwiML that sends no reply.",
        "content": {"text/xml": {"schema": {"type": "string"}, "example": _EMPTY_TWIML.decode()}},
    }
}


def _form_of(*names: str) -> dict[str, Any]:
    """Returns the `openapi_extra` of a webhook with these fields."""
    return {
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
                        "properties": {name: {"type": "string"} for name in names},
                        "additionalProperties": {"type": "string"},
                    }
                }
            },
        },
    }


_FORGED = "bad_signature"


class CallbackQuery(BaseModel):
    """What identifies an attempt in the URL that Twilio got with it."""

    message_id: str = ""
    attempt: str = ""


async def status_callback(request: Request, query: Annotated[CallbackQuery, Query()]) -> Response:
    """Twilio calls this when the status of a message changes. Repeated, late and reordered calls are handled.

    An inbound message is received here too, as if it had been sent to its own address.
    """
    services = get_services(request)
    form = await _read_signed_form(request, services.settings.twilio_status_callback_url, CALLBACKS.labels(_FORGED, ""))
    if is_inbound(form):
        return await _receive(services, form)
    await services.status_callbacks.apply(StatusCallback.model_validate(form), query.message_id, query.attempt)
    return Response(status_code=status.HTTP_204_NO_CONTENT)


async def inbound(request: Request) -> Response:
    """Twilio calls this when somebody sends a message to our number. Repeated calls store it once."""
    services = get_services(request)
    form = await _read_signed_form(request, services.settings.inbound_url, INBOUND.labels("webhook", _FORGED))
    return await _receive(services, form)


router.add_api_route(
    "/status_callback",
    status_callback,
    methods=["POST"],
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Status callback",
    responses={**_TWIML, **error_responses(BadSignatureError(), NobodyToReceiveError())},
    openapi_extra=_form_of("MessageSid", "MessageStatus", "AccountSid", "From", "To", "ErrorCode"),
    route_class_override=DirectRoute,
)

router.add_api_route(
    "/inbound",
    inbound,
    methods=["POST"],
    response_class=Response,
    summary="Inbound message",
    responses={**_TWIML, **error_responses(BadSignatureError(), NobodyToReceiveError())},
    openapi_extra=_form_of("MessageSid", "SmsStatus", "AccountSid", "From", "To", "Body", "NumSegments", "NumMedia"),
    route_class_override=DirectRoute,
)


async def _receive(services: Services, form: Mapping[str, str]) -> Response:
    await services.inbound_webhook.receive(form)
    return Response(_EMPTY_TWIML, media_type="text/xml")


async def _read_signed_form(request: Request, url: Url | None, forged: Counter) -> Mapping[str, str]:
    """Reads the form and checks its signature, which is over this URL; counts a forged one.

    Raises BadSignatureError and FormBodyRequiredError.
    """
    require_form(request)
    settings = get_services(request).settings
    secrets = WebhookSecrets(settings.twilio_auth_tokens, settings.twilio_webhook_keys)
    signature = Signature(
        request.headers.get("X-Twilio-Signature", ""), request.headers.get("X-Twilio-Webhooks-Signature-Settings", "")
    )
    query = request.scope["query_string"].decode("latin-1")
    form = await request.form()
    is_signed = url is not None and is_signed_by_twilio(secrets, url, query, form, signature)
    if not is_signed:
        forged.inc()
        get_services(request).security_events.record("webhook_forged", address=get_client_info(request).address)
        if reason := explain_rejection(secrets, signature):
            _warnings.add(f"A webhook was rejected: {reason}.")
        raise BadSignatureError
    return {name: value for name, value in form.items() if isinstance(value, str)}
