"""Text from outside, as it is kept and shown."""

from config.errors import InvalidInputError

MAX_NAME = 100


def shortened(text: str, limit: int) -> str:
    """Return the first characters of a header's value, those that cannot be written down replaced."""
    return text[:limit].encode("utf-8", "replace").decode()


def checked_name(text: str, path: str = "$.name") -> str:
    """Return a name that somebody gives to something.

    Raises:
        InvalidInputError: If it is empty, too long, or cannot be printed.
    """
    name = text.strip()
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise InvalidInputError(f"expected a name of 1 to {MAX_NAME} characters that can be printed", path=path)
    return name
