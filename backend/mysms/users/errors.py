"""Errors of accounts and sessions."""

from collections.abc import Mapping
from http import HTTPStatus

from mysms.core.errors import DomainError


class InvalidCredentialsError(DomainError):
    status = HTTPStatus.UNAUTHORIZED
    code = "invalid_credentials"
    example = "Invalid email or password."


class UnauthenticatedError(DomainError):
    """The access token is missing, forged or expired, or its session has ended."""

    status = HTTPStatus.UNAUTHORIZED
    code = "not_signed_in"
    example = "You need to sign in first."

    @property
    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class SecondFactorRequiredError(DomainError):
    """The password was right, and the account has a second factor."""

    status = HTTPStatus.UNAUTHORIZED
    code = "second_factor_required"
    example = "Enter the code from your authenticator app."


class InvalidSecondFactorCodeError(DomainError):
    """The code is wrong, expired or used, and the error does not reveal which."""

    status = HTTPStatus.UNAUTHORIZED
    code = "invalid_second_factor_code"
    example = "This code is not valid, or was used already."


class NoSecondFactorError(DomainError):
    status = HTTPStatus.CONFLICT
    code = "no_second_factor"
    example = "You have no second factor."


class SignUpClosedError(DomainError):
    status = HTTPStatus.FORBIDDEN
    code = "sign_up_closed"
    example = "Sign-up is closed. Please ask the person who runs this server for an account."


class MailNotConfiguredError(DomainError):
    status = HTTPStatus.CONFLICT
    code = "mail_not_configured"
    example = "This server sends no mail. Please ask the person who runs this server for a new password."


class TokenRequestError(DomainError):
    """An error of the token endpoint, which also has the members of RFC 6749, section 5.2."""

    status = HTTPStatus.BAD_REQUEST
    oauth_error: str

    @property
    def extensions(self) -> Mapping[str, object]:
        return {"error": self.oauth_error, "error_description": self.detail}


class SessionEndedError(TokenRequestError):
    code = "session_ended"
    oauth_error = "invalid_grant"
    example = "This session has ended. Please sign in again."


class UnknownRefreshTokenError(SessionEndedError):
    """No secret of this server has signed the refresh token, so the server cannot know that its session was ended."""

    @property
    def extensions(self) -> Mapping[str, object]:
        return {**super().extensions, "reason": "unknown_token"}


class InvalidGrantError(TokenRequestError):
    code = "invalid_credentials"
    oauth_error = "invalid_grant"
    example = "Invalid email or password."


class SecondFactorGrantError(TokenRequestError):
    """The password grant has no way to ask for a code."""

    code = "second_factor_required"
    oauth_error = "invalid_grant"
    example = (
        "This account has two-step sign-in, so it signs in in the browser only: "
        "give your program an account of its own."
    )


class UnsupportedGrantTypeError(TokenRequestError):
    code = "unsupported_grant_type"
    oauth_error = "unsupported_grant_type"
    example = "grant_type must be password or refresh_token."


class InvalidTokenRequestError(TokenRequestError):
    code = "invalid_request"
    oauth_error = "invalid_request"
    example = "A parameter that this grant_type requires is missing."


class UnknownAccountError(Exception):
    """There is no account with this email. For the operator only: the API never reveals it."""
