"""Texts that the simulated phones send to the account's numbers, and the webhooks that report them.

The webhook goes to the number's SmsUrl, and to its SmsFallbackUrl once no attempt has succeeded. Without either, or
with an application in their place, the message is only in the list. A Messaging Service that is in charge of the number
has such URLs of its own; without the first one the message is dropped, and is not in the list. All are posted to, also
if another method is set.
https://www.twilio.com/docs/messaging/guides/webhook-request
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from devservers.twilio.account import Account
from devservers.twilio.callbacks import Callback, CallbackSender
from devservers.twilio.clock import Clock
from devservers.twilio.ledger import Ledger
from devservers.twilio.media import SAMPLE_TYPE, Media, new_media_sid, sample_picture
from devservers.twilio.messages import (
    API_VERSION,
    INBOUND,
    Message,
    is_loopback_url,
    media_path,
    new_sid,
)
from devservers.twilio.opt_outs import opt_out_type
from devservers.twilio.segments import segment_count
from devservers.twilio.services import MessagingServices

NO_RESPONSE = "11200"
"""Twilio's error code of a webhook that failed, which the request to the fallback URL has."""
_PLACES = ("City", "State", "Zip", "Country")


@dataclass(frozen=True)
class Attachment:
    """A file that a phone sends with its text."""

    content_type: str
    content: bytes


def sample_attachment() -> Attachment:
    return Attachment(SAMPLE_TYPE, sample_picture())


class Phones:
    """The simulated phones, as senders."""

    def __init__(
        self,
        account: Account,
        ledger: Ledger,
        callback_sender: CallbackSender,
        clock: Clock,
        services: MessagingServices,
        api_url: str,
    ) -> None:
        self._account, self._ledger, self._callback_sender, self._clock = account, ledger, callback_sender, clock
        self._services = services
        self._api_url = api_url
        self._webhooks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        webhooks = list(self._webhooks)
        for webhook in webhooks:
            webhook.cancel()
        await asyncio.gather(*webhooks, return_exceptions=True)

    def text(self, from_number: str, body: str, to_number: str = "", attachments: Sequence[Attachment] = ()) -> Message:
        """Send a text to the account's own number, or another one, with its media. Its webhook follows."""
        now, to_number = self._clock.now(), to_number or self._account.from_number
        message = Message(
            sid=new_sid(len(attachments)),
            account_sid=self._account.sid,
            from_number=from_number,
            to_number=to_number,
            listed_to=[to_number],
            body=body,
            num_media=len(attachments),
            num_segments=segment_count(body),
            created_at=now,
            updated_at=now,
            accepted_at=now,
            sent_at=now,
            status="received",
            direction=INBOUND,
            request=[("From", from_number), ("To", to_number), ("Body", body)],
        )
        taken_as = opt_out_type(body)
        if taken_as in {"STOP", "START"}:
            self._ledger.set_blocked(to_number, from_number, blocked=taken_as == "STOP")
        service = self._services.in_charge_of(to_number)
        if service is not None and not service.inbound_request_url:
            return message
        for attachment in attachments:
            self._ledger.add_media(Media(new_media_sid(), message.sid, attachment.content_type, attachment.content))
        self._ledger.insert(message)
        if webhook := self._webhook(message):
            task = asyncio.create_task(self._send(webhook))
            self._webhooks.add(task)
            task.add_done_callback(self._webhooks.discard)
        return message

    async def _send(self, webhook: Callback) -> None:
        await self._callback_sender.send(webhook)
        # It is the only one of its message.
        await self._callback_sender.send_held_back(webhook.sid)

    def _webhook(self, message: Message) -> Callback | None:
        number = self._ledger.number_settings(message.to_number)
        params = {**webhook_params(message), **self._media_params(message)}
        if (member := self._services.with_number(message.to_number)) is not None:
            params = {**params, "MessagingServiceSid": member.sid}
        if self._account.advanced_opt_out and (taken_as := opt_out_type(message.body)):
            params = {**params, "OptOutType": taken_as}
        if (service := self._services.in_charge_of(message.to_number)) is not None:
            url, fallback_url = service.inbound_request_url or "", service.fallback_url or ""
        elif number.sms_application_sid:
            return None
        else:
            url, fallback_url = number.sms_url, number.sms_fallback_url
        if not is_loopback_url(url):
            return None
        webhook = Callback(url, params, message.sid, message.from_number)
        if not is_loopback_url(fallback_url):
            return webhook
        failed = {**params, "ErrorCode": NO_RESPONSE, "ErrorUrl": url}
        return replace(webhook, fallback=Callback(fallback_url, failed, message.sid, message.from_number))

    def _media_params(self, message: Message) -> Mapping[str, str]:
        params: dict[str, str] = {}
        for index, media in enumerate(self._ledger.media_of(message.sid)):
            params[f"MediaContentType{index}"] = media.content_type
            params[f"MediaUrl{index}"] = self._api_url + media_path(message, media.sid)
        return params


def webhook_params(message: Message) -> Mapping[str, str]:
    """All fields of Twilio's request. The places are unknown, and sent blank."""
    return {
        **{f"{side}{place}": "" for side in ("To", "From") for place in _PLACES},
        "SmsMessageSid": message.sid,
        "SmsSid": message.sid,
        "MessageSid": message.sid,
        "NumMedia": str(message.num_media),
        "ReferralNumMedia": "0",
        "SmsStatus": "received",
        "Body": message.body,
        "From": message.from_number,
        "To": message.to_number,
        "NumSegments": str(message.num_segments),
        "AccountSid": message.account_sid,
        "ApiVersion": API_VERSION,
    }
