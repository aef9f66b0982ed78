"""Validates and normalises email addresses. Pure."""

import email_validator

MAXIMUM_EMAIL_LENGTH = 254
"""RFC 5321, section 4.5.3.1.3, less the angle brackets."""

# The library's documented way to accept special-use domains: an installation may have a mail server for a local domain
# such as .local, or none at all.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def normalise_email(value: str) -> str:
    """Returns the normal form of an email address. Raises ValueError if it is not an email address."""
    return _validate(value).normalized.lower()


def ascii_email(value: str) -> str | None:
    """Returns an email address in ASCII, which every mail server accepts; None if it cannot be written so.

    Raises ValueError if it is not an email address.
    """
    return _validate(value).ascii_email


def _validate(value: str) -> email_validator.ValidatedEmail:
    if len(value) > MAXIMUM_EMAIL_LENGTH:
        # Normalising a long text of combining characters takes long.
        raise ValueError("too long")
    email = email_validator.validate_email(value.strip(), check_deliverability=False, globally_deliverable=False)
    if "=?" in email.local_part:
        # RFC 2047: programs that read mails would decode it.
        raise ValueError("an encoded word")
    return email
