"""Why an account or a session is refused."""

from collections.abc import Mapping
from http import HTTPStatus

from mysms.core.errors import DomainError


class InvalidCredentialsError(DomainError):
    status = HTTPStatus.UNAUTHORIZED
    code = "invalid_credentials"
    example = "Invalid email or password."


class UnauthenticatedError(DomainError):
    """No access token, or one that is forged, expired, or of a session that has ended."""

    status = HTTPStatus.UNAUTHORIZED
    code = "not_signed_in"
    example = "You need to sign in first."

    @property
    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class SignUpClosedError(DomainError):
    status = HTTPStatus.FORBIDDEN
    code = "sign_up_closed"
    example = "Nobody can sign up here at the moment. Ask the person who runs this service."


class TokenRequestError(DomainError):
    """A refusal of the token endpoint, which also carries the members of RFC 6749, section 5.2."""

    status = HTTPStatus.BAD_REQUEST
    oauth_error: str

    @property
    def extensions(self) -> Mapping[str, object]:
        return {"error": self.oauth_error, "error_description": self.detail}

    @property
    def headers(self) -> Mapping[str, str]:
        return {"Cache-Control": "no-store"}


class SessionEndedError(TokenRequestError):
    code = "session_ended"
    oauth_error = "invalid_grant"
    example = "This session has ended. Please sign in again."


class InvalidGrantError(TokenRequestError):
    code = "invalid_credentials"
    oauth_error = "invalid_grant"
    example = "Invalid email or password."


class UnsupportedGrantTypeError(TokenRequestError):
    code = "unsupported_grant_type"
    oauth_error = "unsupported_grant_type"
    example = "grant_type must be password or refresh_token."


class InvalidTokenRequestError(TokenRequestError):
    code = "invalid_request"
    oauth_error = "invalid_request"
    example = "refresh_token is missing."


class UnknownAccountError(Exception):
    """There is no account with this email. For the operator alone: callers of the API are never told."""
