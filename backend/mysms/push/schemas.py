"""Request and response schemas of web push."""

from base64 import urlsafe_b64decode
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AfterValidator, BaseModel, Field, StrictBool
from pydantic_core import PydanticCustomError

from mysms.core.strict_model import StrictModel
from mysms.core.urls import Url
from mysms.users.models import PushSubscription

_MAXIMUM_ENDPOINT = 1024
_AUTH_BYTES = 16


def _require_endpoint(value: str) -> str:
    try:
        url = Url.parse(value)
    except ValueError:
        raise PydanticCustomError("push_endpoint", "must be a URL") from None
    if url.scheme != "https" or url.port is not None or url.user_info:
        raise PydanticCustomError("push_endpoint", "must be an https URL without a port")
    # An IP address, in whatever form, ends with a number or a bracket.
    last = url.host.rstrip(".").rpartition(".")[2]
    if last[:1].isdigit() or last.endswith("]") or not url.is_public:
        raise PydanticCustomError("push_endpoint", "must lead to a public host")
    return value


def _decode(value: str) -> bytes:
    try:
        return urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except ValueError:
        return b""


def _require_public_key(value: str) -> str:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decode(value))
    except ValueError:
        raise PydanticCustomError("push_key", "must be a public key") from None
    return value


def _require_secret(value: str) -> str:
    if len(_decode(value)) != _AUTH_BYTES:
        raise PydanticCustomError("push_key", "must be a secret of 16 bytes")
    return value


class PushKeys(StrictModel):
    """With which only the browser can read what is pushed to it."""

    p256dh: Annotated[str, AfterValidator(_require_public_key)] = Field(
        max_length=100,
        examples=["BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"],
    )
    auth: Annotated[str, AfterValidator(_require_secret)] = Field(max_length=30, examples=["tBHItJI5svbpez7KI4CCXg"])


class PushSubscriptionFields(StrictModel):
    """A browser's own subscription, and whether its notifications show texts."""

    endpoint: Annotated[str, AfterValidator(_require_endpoint)] = Field(
        max_length=_MAXIMUM_ENDPOINT, examples=["https://updates.push.services.example/wpush/v2/gAAAAABk"]
    )
    keys: PushKeys
    shows_text: StrictBool = Field(default=False, description="Otherwise it only says who has written.")

    def to_model(self) -> PushSubscription:
        return PushSubscription(
            endpoint=self.endpoint, p256dh=self.keys.p256dh, auth=self.keys.auth, shows_text=self.shows_text
        )


class PushSubscriptionRequest(StrictModel):
    subscription: PushSubscriptionFields


class PushKeyResponse(BaseModel):
    """The key that a browser subscribes with."""

    public_key: str = Field(
        description="The `applicationServerKey`, in base64url.",
        examples=["BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxZJjSgSnfckjBJuBkr3qBUYIHBQFLXYp5Nksh8U"],
    )
