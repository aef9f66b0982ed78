"""Request and response schemas of the accounts API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from mysms.core.email_addresses import MAXIMUM_EMAIL_LENGTH, normalise_email
from mysms.core.settings import SignUpMode
from mysms.core.strict_model import StrictModel
from mysms.core.timestamps import Timestamp
from mysms.core.urls import Url
from mysms.users.models import PushSubscription, Session, User
from mysms.users.one_time_codes import MAXIMUM_CODE_LENGTH
from mysms.users.password_rules import find_faults
from mysms.users.passwords import LONGEST_FORM, MAXIMUM_PASSWORD_LENGTH, normalise_password

MINIMUM_PASSWORD_LENGTH = 8


def _require_email(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("blank", "can't be blank")
    try:
        return normalise_email(value)
    except ValueError as error:
        raise PydanticCustomError("email", "is invalid") from error


class _PasswordOf(NamedTuple):
    """The password that was given, and the email of its account."""

    given: object
    email: object


def _require_password(value: object, validate: ValidatorFunctionWrapHandler) -> str:
    """Requires a password that is hard to guess. Reports all that is wrong with it at once."""
    given, email = value if isinstance(value, _PasswordOf) else (value, "")
    if given == "":
        raise PydanticCustomError("blank", "can't be blank")
    password = normalise_password(given) if isinstance(given, str) else given
    faults: list[InitErrorDetails] = []
    if isinstance(password, str) and len(password) <= LONGEST_FORM:
        known_email = email if isinstance(email, str) and len(email) <= MAXIMUM_EMAIL_LENGTH else ""
        faults = [_weak_password(fault) for fault in find_faults(password, known_email)]
    try:
        valid: str = validate(password)
    except ValidationError as error:
        others = [InitErrorDetails(type=each["type"], input=None, ctx=each.get("ctx", {})) for each in error.errors()]
        faults = [*others, *faults]
    if faults:
        raise ValidationError.from_exception_data("Password", faults)
    return valid


def _weak_password(fault: str) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("weak_password", "{fault}", {"fault": fault}), input=None)


class _Confirmation(NamedTuple):
    """The confirmation that was given, and the password that it must match."""

    given: object
    password: object


def _require_confirmation(value: object) -> object:
    """Requires the confirmation to match the password, also if the password is invalid, to report all errors."""
    if not isinstance(value, _Confirmation):
        return value
    given, password = value
    if isinstance(given, str):
        same = isinstance(password, str) and normalise_password(given) == normalise_password(password)
        if not same:
            raise PydanticCustomError("confirmation", "doesn't match Password")
    return given


def _require_whole_characters(value: str) -> str:
    """Rejects lone surrogates, which JSON can carry, but which can be neither hashed nor looked up."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise PydanticCustomError("string_unicode", "contains an invalid character") from error
    return value


def _only_text(value: object) -> object:
    """Treats an uploaded file like an absent field: RFC 6749 has text fields only."""
    return value if isinstance(value, str) else ""


Text = Annotated[str, AfterValidator(_require_whole_characters)]
InviteCode = Annotated[str, Field(max_length=100), AfterValidator(_require_whole_characters)]
SecondFactorCode = Annotated[str, Field(max_length=MAXIMUM_CODE_LENGTH), AfterValidator(_require_whole_characters)]
ResetTokenText = Annotated[str, Field(max_length=100), AfterValidator(_require_whole_characters)]
FormText = Annotated[str, BeforeValidator(_only_text)]
Email = Annotated[
    str,
    Field(max_length=MAXIMUM_EMAIL_LENGTH, json_schema_extra={"format": "email"}),
    AfterValidator(_require_email),
]
Password = Annotated[
    str,
    Field(min_length=MINIMUM_PASSWORD_LENGTH, max_length=MAXIMUM_PASSWORD_LENGTH),
    WrapValidator(_require_password),  # otherwise a blank password is "too short"
]


class PasswordWithConfirmation(StrictModel):
    password: Password = Field(examples=["correct horse battery"])
    password_confirmation: Annotated[
        str, Field(examples=["correct horse battery"]), BeforeValidator(_require_confirmation)
    ]

    @model_validator(mode="before")
    @classmethod
    def _show_other_fields(cls, data: object) -> object:
        """Passes the password to its confirmation, and the email to the password.

        Pydantic shows a field only the valid fields before it.
        """
        if not isinstance(data, dict):
            return data
        shown = dict(data)
        if "password" in data:
            shown["password"] = _PasswordOf(data["password"], data.get("email"))
        if "password_confirmation" in data:
            shown["password_confirmation"] = _Confirmation(data["password_confirmation"], data.get("password"))
        return shown


class Registration(PasswordWithConfirmation):
    email: Email = Field(examples=["ada@example.com"])
    invite_code: InviteCode | None = Field(
        None, examples=[None], description="Required if sign-up is by invitation (see GET /users/sign_up)."
    )


@dataclass(frozen=True)
class Applicant:
    """The valid fields of a sign-up whose other fields are invalid."""

    email: str | None
    invite_code: str | None

    @classmethod
    def of(cls, user: Mapping[str, object]) -> Self:
        return cls(_if_acceptable(_email, user.get("email")), _if_acceptable(_invite_code, user.get("invite_code")))


_email: TypeAdapter[str] = TypeAdapter(Email)
_invite_code: TypeAdapter[str] = TypeAdapter(InviteCode)


def _if_acceptable(kind: TypeAdapter[str], value: object) -> str | None:
    try:
        return kind.validate_python(value)
    except ValidationError:
        return None


class PasswordChange(PasswordWithConfirmation):
    current_password: Text = Field(examples=["correct horse battery"])


class PasswordChangeRequest(StrictModel):
    user: PasswordChange


class ForgottenPassword(StrictModel):
    email: Email = Field(examples=["ada@example.com"])


class ForgottenPasswordRequest(StrictModel):
    user: ForgottenPassword


class ResetPassword(PasswordWithConfirmation):
    token: ResetTokenText = Field(examples=["7Zf3b1x0c5Jm2Qk8Hn4Rt6Vw9Ys1Ad3Fg5Lp7Zx0Cb2"])


class ResetPasswordRequest(StrictModel):
    user: ResetPassword


class PasswordResetPolicyResponse(BaseModel):
    """How a forgotten password can be replaced."""

    by_mail: bool = Field(
        description="Whether a link can be sent by mail; otherwise the person who runs this server has to help."
    )


class AccountDeletion(StrictModel):
    password: Text = Field(examples=["correct horse battery"])


class AccountDeletionRequest(StrictModel):
    user: AccountDeletion


class RegistrationRequest(StrictModel):
    user: Registration


class Credentials(StrictModel):
    email: Text = Field(examples=["ada@example.com"])
    password: Text = Field(examples=["correct horse battery"])
    second_factor_code: SecondFactorCode | None = Field(
        None,
        examples=[None],
        description="Required if the account has a second factor: six digits from the authenticator app, or a "
        "recovery code. Each works once.",
    )


class SignInRequest(StrictModel):
    user: Credentials


class PasswordConfirmation(StrictModel):
    password: Text = Field(examples=["correct horse battery"])


class PasswordConfirmationRequest(StrictModel):
    user: PasswordConfirmation


class CodeConfirmation(StrictModel):
    code: SecondFactorCode = Field(examples=["123456"], description="Six digits from the authenticator app.")


class CodeConfirmationRequest(StrictModel):
    user: CodeConfirmation


class TokenForm(BaseModel):
    """The forms of RFC 6749. The service checks for missing fields, since RFC 6749 defines the shape of the error."""

    model_config = ConfigDict(json_schema_extra={"required": ["grant_type"]})

    grant_type: FormText = Field(
        "", examples=["refresh_token"], json_schema_extra={"enum": ["password", "refresh_token"]}
    )
    username: FormText = Field("", description="With `password`: the email.")
    password: FormText = Field(
        "", description="With `password`: the password.", json_schema_extra={"format": "password"}
    )
    refresh_token: FormText = Field("", description="With `refresh_token`: the newest refresh token.")


class AccountResponse(BaseModel):
    """An account."""

    id: str = Field(serialization_alias="_id", examples=["6921f0c2a4b1c93e5d0f7a11"])
    email: str = Field(examples=["ada@example.com"])
    created_at: Timestamp

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(id=str(user.id), email=user.email, created_at=user.created_at)


class AccessTokenResponse(BaseModel):
    """An access token for the Authorization header, valid for `expires_in` seconds."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int = Field(examples=[900], description="Seconds.")


class TokenResponse(AccessTokenResponse):
    """The tokens of a session. Using the refresh token returns a new one."""

    refresh_token: str


class SignedInResponse(TokenResponse):
    """An account and the tokens of its new session."""

    id: str = Field(serialization_alias="_id", examples=["6921f0c2a4b1c93e5d0f7a11"])
    email: str = Field(examples=["ada@example.com"])
    created_at: Timestamp

    @classmethod
    def of(cls, user: User, tokens: TokenResponse) -> Self:
        return cls(id=str(user.id), email=user.email, created_at=user.created_at, **tokens.model_dump())


class SecondFactorResponse(BaseModel):
    """The state of the second factor."""

    enabled: bool
    recovery_codes_left: int = Field(examples=[10])


class SecondFactorSetUpResponse(BaseModel):
    """What an authenticator app needs. It is shown once."""

    secret: str = Field(examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"], description="In base 32, to be typed.")
    otpauth_uri: str = Field(
        examples=["otpauth://totp/MySMS%20Messenger:ada%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"],
        description="The same, to be shown as a QR code.",
    )


class RecoveryCodesResponse(BaseModel):
    """Recovery codes, each for one sign-in without the authenticator app. They are shown once."""

    recovery_codes: list[str] = Field(examples=[["k7qf-3m2x-8dwn-p0ra-5jtc-e9yh"]])


class SignUpPolicyResponse(BaseModel):
    """The sign-up policy."""

    mode: SignUpMode = Field(
        description="`open`: anyone can sign up; `invite`: an invite code is required; `closed`: sign-up is closed."
    )


class PushSubscriptionResponse(BaseModel):
    """A browser to which is pushed what comes in. Nothing with which one could push to it is shown."""

    session_id: str = Field(examples=["6921f0c2a4b1c93e5d0f7a13"], description="The session of the browser.")
    service: str = Field(examples=["https://updates.push.services.example"], description="The browser's push service.")
    shows_text: bool = Field(description="Whether its notifications show texts.")
    subscribed_at: Timestamp | None = Field(
        description="When the browser last subscribed, as it does at each visit; null if an earlier version stored it."
    )

    @classmethod
    def of(cls, session_id: object, subscription: PushSubscription) -> Self:
        return cls(
            session_id=str(session_id),
            service=Url.parse(subscription.endpoint).origin,
            shows_text=subscription.shows_text,
            subscribed_at=subscription.subscribed_at,
        )


class SessionResponse(BaseModel):
    """A session: one sign-in on one device."""

    id: str = Field(serialization_alias="_id", examples=["6921f0c2a4b1c93e5d0f7a13"])
    device: str = Field(examples=["Firefox on Windows"])
    created_at: Timestamp
    last_used_at: Timestamp
    current: bool = Field(description="Whether it is the session of this request.")

    @classmethod
    def of(cls, session: Session, *, current: bool) -> Self:
        return cls(
            id=str(session.id),
            device=session.device,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            current=current,
        )
