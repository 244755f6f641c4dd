"""Bodies of requests: JSON into a struct, everything else refused with its own code."""

import msgspec
from msgspec import Struct

from config.errors import BadRequestError, InvalidInputError, UnsupportedMediaTypeError


def check_media(content_type: str, content_encoding: str) -> None:
    """Refuse what is not plain JSON; a compressed body is not unpacked, so that no small one becomes a large one.

    Raises:
        UnsupportedMediaTypeError: If the content type is not JSON, or the body is encoded.
    """
    media = content_type.partition(";")[0].strip().lower()
    if media != "application/json":
        raise UnsupportedMediaTypeError(f"content type must be application/json, was {media[:80]!r}")
    if content_encoding.strip().lower() not in {"", "identity"}:
        raise UnsupportedMediaTypeError(f"content encoding must be identity, was {content_encoding[:80]!r}")


def decode[B: Struct](raw: bytes, kind: type[B]) -> B:
    """Return a JSON body as a struct.

    Raises:
        BadRequestError: If it is not JSON.
        InvalidInputError: If it is JSON of another shape; the path names the place.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as e:
        reason, _, where = str(e).partition(" - at `")
        raise InvalidInputError(reason, path=where.rstrip("`") or "$") from e
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise BadRequestError("body must be JSON") from e
