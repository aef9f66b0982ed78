"""Twilio's Account resource, read-only, and its IncomingPhoneNumbers, whose webhooks for messages can be set.

Fields as in https://www.twilio.com/docs/iam/api/account and
https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
"""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devservers.twilio.account import DEFAULT_FROM_NUMBER, Account
from devservers.twilio.clock import Clock, rfc2822
from devservers.twilio.errors import ApiError
from devservers.twilio.ledger import Ledger, NumberSettings
from devservers.twilio.messages import API_VERSION

VOICE_ONLY_NUMBER = "+15005550007"
"""Twilio's magic number that cannot send messages. Here the account owns it, with the voice capability only."""


class AccountApi:
    def __init__(self, account: Account, ledger: Ledger, clock: Clock) -> None:
        self._account, self._ledger = account, ledger
        self._created_at = rfc2822(clock.now())

    async def account(self, request: Request) -> Response:
        try:
            self._authenticate(request)
        except ApiError as error:
            return error.response()
        return JSONResponse(
            {
                "auth_token": self._account.auth_token,
                "date_created": self._created_at,
                "date_updated": self._created_at,
                "friendly_name": "The simulated account",
                "owner_account_sid": self._account.sid,
                "sid": self._account.sid,
                "status": "active",
                "subresource_uris": {"incoming_phone_numbers": f"{_path(self._account)}/IncomingPhoneNumbers.json"},
                "type": "Full",
                "uri": f"{_path(self._account)}.json",
            }
        )

    async def numbers(self, request: Request) -> Response:
        try:
            self._authenticate(request)
        except ApiError as error:
            return error.response()
        filter_number = request.query_params.get("PhoneNumber")
        rows = [self._number(number) for number in self._owned() if filter_number in {None, number}]
        uri = f"{request.url.path}?{request.url.query}".rstrip("?")
        return JSONResponse(
            {
                "incoming_phone_numbers": rows,
                "page": 0,
                "page_size": 50,
                "start": 0,
                "end": max(0, len(rows) - 1),
                "uri": uri,
                "first_page_uri": uri,
                "next_page_uri": None,
                "previous_page_uri": None,
            }
        )

    async def number(self, request: Request) -> Response:
        try:
            self._authenticate(request)
        except ApiError as error:
            return error.response()
        sid = request.path_params["sid"]
        number = next((number for number in self._owned() if sid_of_number(number) == sid), None)
        if number is None:
            return ApiError(20404, f"The requested resource {request.url.path} was not found").response()
        if request.method == "POST":
            form = parse_qs((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
            given = {name: form[_parameter(name)][-1] for name in _SETTINGS if _parameter(name) in form}
            self._ledger.set_number(number, replace(self._ledger.number_settings(number), **given))
        return JSONResponse(self._number(number))

    def _owned(self) -> Iterator[str]:
        yield from sorted({self._account.from_number, DEFAULT_FROM_NUMBER, VOICE_ONLY_NUMBER})

    def _authenticate(self, request: Request) -> None:
        if not self._account.authenticates(request.headers.get("Authorization")):
            raise ApiError(20003)
        if request.path_params["account_sid"] != self._account.sid:
            raise ApiError(20404, f"The requested resource {request.url.path} was not found")

    def _number(self, number: str) -> dict[str, object]:
        can_send = number != VOICE_ONLY_NUMBER
        sid = sid_of_number(number)
        return {
            "account_sid": self._account.sid,
            "address_requirements": "none",
            "address_sid": None,
            "api_version": API_VERSION,
            "beta": False,
            "bundle_sid": None,
            "capabilities": {"voice": True, "sms": can_send, "mms": can_send, "fax": False},
            "date_created": self._created_at,
            "date_updated": self._created_at,
            "emergency_address_sid": None,
            "emergency_status": "Inactive",
            "friendly_name": number,
            "identity_sid": None,
            "origin": "twilio",
            "phone_number": number,
            "sid": sid,
            **asdict(self._ledger.number_settings(number)),
            "status": "in-use",
            "status_callback": "",
            "status_callback_method": "POST",
            "trunk_sid": None,
            "uri": f"{_path(self._account)}/IncomingPhoneNumbers/{sid}.json",
            "voice_application_sid": "",
            "voice_caller_id_lookup": False,
            "voice_fallback_method": "POST",
            "voice_fallback_url": None,
            "voice_method": "POST",
            "voice_url": None,
        }


_SETTINGS = [field.name for field in fields(NumberSettings)]


def sid_of_number(number: str) -> str:
    return "PN" + hashlib.blake2b(number.encode(), digest_size=16).hexdigest()


def _parameter(field_name: str) -> str:
    """The name of the parameter that sets a field, such as SmsUrl for `sms_url`."""
    return field_name.title().replace("_", "")


def account_path(account_sid: str) -> str:
    return f"/{API_VERSION}/Accounts/{account_sid}"


def _path(account: Account) -> str:
    return account_path(account.sid)
