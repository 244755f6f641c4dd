"""Emails as they are compared and kept."""

import re

from config.errors import InvalidInputError

MAX_CHARACTERS = 254
_FORM = re.compile(r"[^@\s\x00-\x1f\x7f\"<>]{1,64}@[^@\s\x00-\x1f\x7f\"<>]{1,190}")


def plain(text: str) -> str:
    """Return an email as it is compared, whatever was typed: without case and blanks around it."""
    return text.strip().lower()[:MAX_CHARACTERS]


def checked(text: str) -> str:
    """Return an email as it is kept.

    Raises:
        InvalidInputError: If it is none.
    """
    email = text.strip().lower()
    if len(email) > MAX_CHARACTERS or _FORM.fullmatch(email) is None:
        raise InvalidInputError("expected an email, for example ada@example.org", path="$.email")
    if not email.isprintable():
        raise InvalidInputError("expected an email of characters that can be printed", path="$.email")
    return email
