"""What generated requests need beyond the document: a session, right passwords, and Twilio's signature.

Loaded by schemathesis (see schemathesis.toml) in a process of its own.
"""

import itertools
import os
from typing import Any
from urllib.parse import urlencode

import httpx
import pyotp
import schemathesis
from schemathesis import AuthContext, Case, GenerationMode, HookContext, Response
from twilio.request_validator import RequestValidator

from mysms.users.password_rules import find_faults
from tests.support.servers import AUTH_TOKEN

_PASSWORD = "correct horse battery"
_NUMBER = "+1 (415) 555-2671"
_OPTED_OUT = "+14155552672"
_COUNTRY = "CH"
_PICTURE = b"GIF89a"
_ENDPOINT = "https://push.example.com/send/abc"
_PUSH_KEYS = {
    "p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
    "auth": "tBHItJI5svbpez7KI4CCXg",
}
_FILTERS = (
    *("peer_number", "search", "updated_since", "status", "direction", "error_code"),
    *("created_from", "created_before"),
)
_ENDS_ITS_SESSION = {"DELETE /users", "PUT /users/password", "DELETE /users/sessions", "DELETE /users/sign_out"}
_DELETES_MESSAGES = {"DELETE /api/conversations/{peer_number}"}
_DOES_NOT_END = {"GET /api/events"}
_NEEDS_A_SECOND_FACTOR = {"PUT /users/second_factor", "POST /users/second_factor/recovery_codes"}

_api = httpx.Client(base_url=os.environ["FUZZ_API_URL"], trust_env=False)
_emails = (f"fuzz-{os.getpid()}-{number}@example.com" for number in itertools.count())
_twilio = RequestValidator(AUTH_TOKEN)


class Account:
    """A user who has signed up and sent a message."""

    def __init__(self) -> None:
        self.email = next(_emails)
        self._session = _post("/users", password_confirmation=_PASSWORD, email=self.email, password=_PASSWORD)
        self.message_id = self.send_message()
        self.attachment_id = self.upload_picture()
        self.contact_number = "+14155552673"
        contact = {"contact": {"name": "Ada Lovelace"}}
        path = f"/api/contacts/{self.contact_number}"
        _api.put(path, json=contact, headers=self.authorization).raise_for_status()

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._session['access_token']}"}

    @property
    def refresh_token(self) -> str:
        return self._session["refresh_token"]

    def send_message(self) -> str:
        """Send a message. Returns its id."""
        draft = {"recipient_number": "+14155552671", "content": "Here to be asked for"}
        sent = _api.post("/api/messages", json={"message": draft}, headers=self.authorization)
        return str(sent.raise_for_status().json()["_id"])

    def upload_picture(self) -> str:
        """Upload a picture. Returns its id."""
        uploaded = _api.post("/api/attachments", content=_PICTURE, headers=self.authorization)
        return str(uploaded.raise_for_status().json()["_id"])

    def sign_in(self) -> None:
        self._session = _post("/users/sign_in", email=self.email, password=_PASSWORD)

    def begin_second_factor(self) -> str:
        """Begin to set up a second factor. Returns the code that enables it."""
        user = {"password": _PASSWORD}
        begun = _api.post("/users/second_factor", json={"user": user}, headers=self.authorization)
        return pyotp.TOTP(begun.raise_for_status().json()["secret"]).now()

    def enable_second_factor(self) -> None:
        user = {"code": self.begin_second_factor()}
        _api.put("/users/second_factor", json={"user": user}, headers=self.authorization).raise_for_status()


def _post(path: str, **user: str) -> dict[str, str]:
    session: dict[str, str] = _api.post(path, json={"user": user}).raise_for_status().json()
    return session


_shared_account = Account()
_pictures_to_delete = [_shared_account.upload_picture() for _ in range(10)]
_protected_account = Account()
_protected_account.enable_second_factor()


class SignedIn:
    """Authenticates the requests. A request that ends its session, or deletes messages, gets its own account."""

    def get(self, _: Case[Any], context: AuthContext) -> dict[str, str]:
        if context.operation.label in _DOES_NOT_END:
            # The response to a request without a session ends.
            return {}
        if context.operation.label in _NEEDS_A_SECOND_FACTOR:
            return _protected_account.authorization
        needs_its_own = context.operation.label in _ENDS_ITS_SESSION | _DELETES_MESSAGES
        return (Account() if needs_its_own else _shared_account).authorization

    def set(self, case: Case[Any], headers: dict[str, str], _: AuthContext) -> None:
        case.headers.update(headers)


if os.environ["FUZZ_SIGNED_IN"] == "yes":
    schemathesis.auth(refresh_interval=None)(SignedIn)


@schemathesis.hook
def before_call(_: HookContext, case: Case[Any], __: dict[str, Any]) -> None:
    """Completes the requests that are meant to be valid with values that the document cannot express."""
    if case.meta is not None and case.meta.generation.mode is GenerationMode.NEGATIVE:
        return
    body: dict[str, Any] = case.body if isinstance(case.body, dict) else {}
    user = body.get("user", {})
    _name_what_exists(case)
    match case.operation.label:
        case "POST /api/messages":
            _complete_message(body["message"], has_number=bool(len(str(case.body)) % 2))
        case "POST /api/attachments" if len(str(case.body)) % 2:
            case.body = _PICTURE
        case "DELETE /api/attachments/{attachment_id}" if _pictures_to_delete:
            case.path_parameters["attachment_id"] = _pictures_to_delete.pop()
        case "POST /users/sign_in":
            user.update(email=_shared_account.email, password=_PASSWORD)
        case "POST /users":
            user.update(email=_free(user["email"]))
            _choose_password(user, user["email"])
        case "PUT /users/password":
            user.update(current_password=_PASSWORD)
            _choose_password(user, _shared_account.email)
        case (
            "DELETE /users"
            | "POST /users/second_factor"
            | "DELETE /users/second_factor"
            | "POST /users/second_factor/recovery_codes"
        ):
            user.update(password=_PASSWORD)
        case "PUT /users/second_factor":
            user.update(code=_protected_account.begin_second_factor())
        case "POST /users/token":
            body.update(username=_shared_account.email, password=_PASSWORD, refresh_token=_shared_account.refresh_token)
        case "PUT /api/push/subscription":
            body["subscription"].update(endpoint=_ENDPOINT, keys=dict(_PUSH_KEYS))
        case "POST /api/twilio/status_callback" | "POST /api/twilio/inbound":
            _sign(case)


@schemathesis.hook
def after_call(_: HookContext, __: Case[Any], response: Response) -> None:
    """Signs the shared account in again after a request that ended its session by id."""
    if (
        response.status_code == 401
        and _shared_account.authorization["Authorization"] in response.request.headers.values()
    ):
        _shared_account.sign_in()


def _message_for(case: Case[Any]) -> str:
    """Returns the id of a message; of a new one for a request that deletes it."""
    is_deletion = case.operation.label == "DELETE /api/messages/{message_id}"
    return _shared_account.send_message() if is_deletion else _shared_account.message_id


def _name_what_exists(case: Case[Any]) -> None:
    """Puts messages, numbers and a country that exist in place of generated ones."""
    if case.operation.label in _DELETES_MESSAGES:
        # It is a message of another account.
        case.query.pop("before", None)
    for places, name in ((case.query, _keep_one_position(case.query)), (case.path_parameters, "message_id")):
        if name in places and name != "around_time":
            places[name] = _message_for(case)
    for places in (case.query, case.path_parameters):
        if "peer_number" in places:
            places["peer_number"] = _NUMBER
    if "country" in case.query:
        case.query["country"] = _COUNTRY
    if "number" in case.query:
        case.query["number"] = [_OPTED_OUT]
    if case.operation.label == "GET /api/contacts/{number}":
        case.path_parameters["number"] = _shared_account.contact_number
    elif "number" in case.path_parameters:
        case.path_parameters["number"] = _OPTED_OUT


def _complete_message(message: dict[str, Any], *, has_number: bool) -> None:
    """Puts a number in place of the generated one, which is mostly none, and a picture in place of generated ids."""
    if has_number:
        message["recipient_number"] = _NUMBER
    if "media" in message:
        message["media"] = [_shared_account.attachment_id][: len(message["media"])]


def _keep_one_position(query: dict[str, Any]) -> str:
    """Keeps at most one position. With `around`, filters that could exclude the message are removed, too."""
    given: list[str] = [name for name in ("around", "around_time", "after", "before") if name in query] or [""]
    left_out = {*given[1:], *(_FILTERS if given[0] == "around" else ())}
    for name in left_out & query.keys():
        del query[name]
    return given[0]


def _choose_password(user: dict[str, Any], email: str) -> None:
    """Keeps the new password, unless it is easy to guess, as the shortest ones that are generated are."""
    password = _PASSWORD if find_faults(user["password"], email) else user["password"]
    user.update(password=password, password_confirmation=password)


_taken: set[str] = set()


def _free(email: str) -> str:
    """An email that is not taken, as the document's example and those of earlier responses often are."""
    free = next(_emails) if email == "ada@example.com" or "fuzz-" in email or email.lower() in _taken else email
    _taken.add(free.lower())
    return free


def _sign(case: Case[Any]) -> None:
    query = f"?{urlencode(case.query, doseq=True)}" if case.query else ""
    url = str(_api.base_url).rstrip("/") + case.operation.path
    case.headers["X-Twilio-Signature"] = _twilio.compute_signature(url + query, case.body)
